// Sets of whole numbers as stretches without a hole: which seqs of a room are known. Nothing about messages is known here.

/** Both ends belong to it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export class Ranges {
  /** In ascending order, and never touching: those that do are one. */
  #ranges: Range[] = [];

  get all(): readonly Range[] {
    return this.#ranges;
  }

  get last(): Range | undefined {
    return this.#ranges.at(-1);
  }

  /** The whole stretch that a number lies in. */
  around(number: number): Range | undefined {
    return this.#ranges.find((range) => range.from <= number && number <= range.to);
  }

  add(added: Range): void {
    if (added.from > added.to) return;
    let { from, to } = added;
    const apart = this.#ranges.filter((range) => {
      if (range.to < from - 1 || range.from > to + 1) return true;
      from = Math.min(from, range.from);
      to = Math.max(to, range.to);
      return false;
    });
    const place = apart.findIndex((range) => range.from > to);
    apart.splice(place < 0 ? apart.length : place, 0, { from, to });
    this.#ranges = apart;
  }

  /** Forgets everything outside of `kept`. */
  clip(kept: Range): void {
    this.#ranges = this.#ranges
      .map(({ from, to }) => ({ from: Math.max(from, kept.from), to: Math.min(to, kept.to) }))
      .filter(({ from, to }) => from <= to);
  }

  clear(): void {
    this.#ranges = [];
  }
}
