// How far the reader has read: up to what was in sight while they looked, told to the server a moment later.

/** What the list shows. */
export interface Sight {
  /** A seq about the middle of it. */
  readonly middle: number;
  readonly last: number;
  /** The end of the room is in sight. */
  readonly atEnd: boolean;
}

const PAUSE_MS = 400;

export class Reading {
  #readSeq = Number.POSITIVE_INFINITY;
  #sight: Sight | null = null;
  #isLooking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `mark` gives how far that is now; null when it could not be told. */
  constructor(private readonly mark: (seq: number) => Promise<number | null>) {}

  /** Infinite for whoever has no mark here. */
  get readSeq(): number {
    return this.#readSeq;
  }

  get sight(): Sight | null {
    return this.#sight;
  }

  /** Whether what arrives now is seen. */
  get attends(): boolean {
    return this.#isLooking && (this.#sight?.atEnd ?? false);
  }

  /** The server says so; it may have moved back. */
  movedTo(seq: number): void {
    this.#readSeq = seq;
  }

  shows(sight: Sight): void {
    this.#sight = sight;
    this.#consider();
  }

  /** Whether the page is in front, and has the focus. */
  looks(isLooking: boolean): void {
    this.#isLooking = isLooking;
    this.#consider();
  }

  stop(): void {
    this.#sight = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #consider(): void {
    if (this.#timer !== undefined || !this.#isUnread) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isUnread) void this.#tell();
    }, PAUSE_MS);
  }

  get #isUnread(): boolean {
    return this.#isLooking && (this.#sight?.last ?? 0) > this.#readSeq;
  }

  async #tell(): Promise<void> {
    const before = this.#readSeq;
    const seq = this.#sight?.last ?? 0;
    // Until the answer is here, too, it is told once.
    this.#readSeq = seq;
    const told = await this.mark(seq);
    if (told === null) {
      if (this.#readSeq === seq) this.#readSeq = before;
      return;
    }
    this.#readSeq = Math.max(this.#readSeq, told);
    this.#consider();
  }
}
