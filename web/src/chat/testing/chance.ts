// Chance that can be repeated: the same seed gives the same numbers (mulberry32).

export interface Chance {
  /** At least 0 and below `end`. */
  below(end: number): number;
  /** Whether something happens that does so `percent` times of a hundred. */
  happens(percent: number): boolean;
  pick<T>(from: readonly T[]): T | undefined;
}

export function chance(seed: number): Chance {
  let state = seed;
  const below = (end: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
  return { below, happens: (percent) => below(100) < percent, pick: (from) => from[below(from.length)] };
}
