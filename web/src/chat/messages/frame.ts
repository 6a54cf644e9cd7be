// Does a thing once for all that asks for it before the next frame is drawn.

/** A page that is not looked at draws no frames; what is to be done there is done all the same, at leisure. */
const UNSEEN_MS = 200;

export class NextFrame {
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly action: () => void) {}

  ask(): void {
    if (this.#timer !== undefined) return;
    this.#frame = requestAnimationFrame(this.now);
    this.#timer = setTimeout(this.now, UNSEEN_MS);
  }

  /** Does it without waiting. */
  now = (): void => {
    this.stop();
    this.action();
  };

  stop(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
