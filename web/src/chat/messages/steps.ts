// Takes a change of the list apart into steps that a virtual list can follow without a jump: it keeps the sizes of its rows
// by their number, so that rows that come or go at the start and rows that do so at the end are two changes, not one.

export interface Steps<T> {
  /** What is drawn now. */
  readonly shown: readonly T[];
  /** What is to be drawn in the end. */
  readonly wanted: readonly T[];
  /** The rows that are drawn now differ from those before at their start. */
  readonly shift: boolean;
  /** Counts the lists that have nothing in common with the one before. */
  readonly era: number;
}

export function begin<T>(items: readonly T[]): Steps<T> {
  return { shown: items, wanted: items, shift: false, era: 0 };
}

/** The first step to a list. */
export function towards<T>(steps: Steps<T>, wanted: readonly T[], keyOf: (item: T) => string): Steps<T> {
  const { shown, era } = steps;
  const [oldFirst, newFirst] = [shown[0], wanted[0]];
  if (!oldFirst || !newFirst) return { shown: wanted, wanted, shift: false, era: shown.length === 0 ? era + 1 : era };
  const [oldKey, newKey] = [keyOf(oldFirst), keyOf(newFirst)];
  if (oldKey === newKey) return { shown: wanted, wanted, shift: false, era };
  const added = wanted.findIndex((item) => keyOf(item) === oldKey);
  const taken = shown.findIndex((item) => keyOf(item) === newKey);
  if (added < 0 && taken < 0) return { shown: wanted, wanted, shift: false, era: era + 1 };
  const onlyStart = added < 0 ? shown.slice(taken) : [...wanted.slice(0, added), ...shown];
  return { shown: isSameLength(onlyStart, wanted, keyOf) ? wanted : onlyStart, wanted, shift: true, era };
}

/** The step after it; the very same where there is none. */
export function onward<T>(steps: Steps<T>): Steps<T> {
  return steps.shown === steps.wanted ? steps : { ...steps, shown: steps.wanted, shift: false };
}

function isSameLength<T>(one: readonly T[], other: readonly T[], keyOf: (item: T) => string): boolean {
  const [last, otherLast] = [one.at(-1), other.at(-1)];
  return one.length === other.length && last !== undefined && otherLast !== undefined && keyOf(last) === keyOf(otherLast);
}
