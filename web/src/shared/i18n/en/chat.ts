// Texts of the chat around the messages: signing in, rooms, people, settings.
export default {} as const;
