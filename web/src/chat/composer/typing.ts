// Says that one is typing, no more often than needed, and says so once when one no longer is.

/** Tells the server; gives how long that holds in ms, null when nobody knows. */
type Tell = (on: boolean) => Promise<number | null>;

/** The server's clock may differ from this one: what it says of the time is believed within these. */
const SHORTEST_MS = 1_000;
const LONGEST_MS = 5_000;

export class TypingSignal {
  #isOn = false;
  #againAt = 0;

  constructor(
    private readonly tell: Tell,
    private readonly now: () => number,
  ) {}

  /** Something was written and is not sent yet. */
  typed(): void {
    if (this.now() < this.#againAt) return;
    this.#isOn = true;
    // Until the answer is here, too, once is enough.
    this.#againAt = this.now() + LONGEST_MS;
    void this.tell(true).then((lasts) => {
      const believed = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, lasts ?? LONGEST_MS));
      // Well before it runs out, so that what is shown to others does not flicker.
      if (this.#isOn) this.#againAt = this.now() + believed * 0.6;
    });
  }

  /** Nothing is written any more. */
  stopped(): void {
    if (!this.#isOn) return;
    this.sent();
    void this.tell(false);
  }

  /** A message was sent, which the server takes for the end of typing. */
  sent(): void {
    this.#isOn = false;
    this.#againAt = 0;
  }
}
