// How far the others in a room have read.

interface Reader {
  readonly id: string;
}

interface Mark<P extends Reader> {
  readonly person: P;
  readonly seq: number;
}

export class Marks<P extends Reader> {
  #marks = new Map<string, Mark<P>>();
  #bySeq: ReadonlyMap<number, readonly P[]> | null = null;

  constructor(private readonly viewerId: string) {}

  /** The people whose mark is at a seq; the very same map until something changes. */
  get bySeq(): ReadonlyMap<number, readonly P[]> {
    this.#bySeq ??= this.#group();
    return this.#bySeq;
  }

  /** Takes in all there are; what was told since they were asked for may be further on. */
  all(marks: readonly { person: P; seq: number | null }[]): void {
    const before = this.#marks;
    this.#marks = new Map();
    for (const { person, seq } of marks) {
      const known = Math.max(seq ?? 0, before.get(person.id)?.seq ?? 0);
      this.#marks.set(person.id, { person, seq: known });
    }
    this.#bySeq = null;
  }

  moved(person: P, seq: number): void {
    this.#marks.set(person.id, { person, seq });
    this.#bySeq = null;
  }

  gone(personId: string): void {
    if (this.#marks.delete(personId)) this.#bySeq = null;
  }

  #group(): Map<number, P[]> {
    const groups = new Map<number, P[]>();
    for (const { person, seq } of this.#marks.values()) {
      if (person.id === this.viewerId || seq === 0) continue;
      groups.set(seq, [...(groups.get(seq) ?? []), person]);
    }
    return groups;
  }
}
