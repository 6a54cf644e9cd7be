// What a server was doing over the last minutes, from the totals it tells: rates are differences. Pure; the time is the
// server's own, as it stands in each sample.

/** One answer of the server. */
export interface Sample {
  /** RFC 3339. */
  readonly at: string;
  /** Tells one run of one node from any other: totals of two have nothing to do with each other. */
  readonly startedAt: string;
  readonly connectionsOpen: number;
  readonly peopleOnline: number;
  readonly liveRooms: number;
  readonly memoryBytes: number;
  readonly sendsTotal: number;
  readonly deliveriesTotal: number;
  readonly requestsTotal: number;
  readonly errorsTotal: number;
}

export const LEVELS = ['connectionsOpen', 'peopleOnline', 'liveRooms', 'memoryBytes'] as const;
export const TOTALS = ['sendsTotal', 'deliveriesTotal', 'requestsTotal', 'errorsTotal'] as const;
export type Line = (typeof LEVELS)[number] | (typeof TOTALS)[number];

/** Points of one line, the oldest first; a total's are its growth in a second. Null: not known, the line has a gap. */
export interface Series {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: Readonly<Record<Line, readonly (number | null)[]>>;
}

/** Growth in a second from one sample to the next; null where none can be said. */
export function rate(before: Sample | undefined, now: Sample, total: (typeof TOTALS)[number]): number | null {
  if (!before || before.startedAt !== now.startedAt) return null;
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1_000;
  const grown = now[total] - before[total];
  return seconds > 0 && grown >= 0 ? grown / seconds : null;
}

/** Adds a sample and forgets what is older than `keptMs`. A sample that is not newer than the last is left out. */
export function added(samples: readonly Sample[], sample: Sample, keptMs: number): readonly Sample[] {
  const at = Date.parse(sample.at);
  const last = samples.at(-1);
  if (last && Date.parse(last.at) >= at) return samples;
  return [...samples.filter((each) => at - Date.parse(each.at) <= keptMs), sample];
}

export function seriesOf(samples: readonly Sample[]): Series {
  const line = (of: (sample: Sample, before: Sample | undefined) => number | null) =>
    samples.map((sample, index) => of(sample, samples[index - 1]));
  const lines = {} as Record<Line, readonly (number | null)[]>;
  for (const level of LEVELS) lines[level] = line((sample) => sample[level]);
  for (const total of TOTALS) lines[total] = line((sample, before) => rate(before, sample, total));
  return { times: samples.map(({ at }) => Date.parse(at) / 1_000), lines };
}

/** The last that is known. */
export function lastOf(points: readonly (number | null)[]): number | null {
  return points.findLast((point) => point !== null) ?? null;
}

/** The highest that is known. */
export function mostOf(points: readonly (number | null)[]): number | null {
  const known = points.filter((point) => point !== null);
  return known.length === 0 ? null : Math.max(...known);
}
