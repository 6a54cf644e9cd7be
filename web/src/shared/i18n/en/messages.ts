// Texts of the message pane.
export default {} as const;
