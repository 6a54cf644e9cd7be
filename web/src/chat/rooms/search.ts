// Finding a room by what it is called, as people type: without regard to case and accents.

export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Rooms whose names hold all the words; those that begin with the first come first, otherwise the order stays. */
export function matching<Room>(rooms: readonly Room[], wanted: string, nameOf: (room: Room) => string): readonly Room[] {
  const words = fold(wanted).split(/\s+/).filter(Boolean);
  const [first] = words;
  if (first === undefined) return rooms;
  const named = rooms.map((room) => ({ room, name: fold(nameOf(room)) }));
  const found = named.filter(({ name }) => words.every((word) => name.includes(word)));
  const begins = found.filter(({ name }) => name.startsWith(first));
  return [...begins, ...found.filter((each) => !begins.includes(each))].map(({ room }) => room);
}
