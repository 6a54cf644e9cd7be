import { describe, expect, it } from 'vitest';
import { added, lastOf, mostOf, rate, type Sample, seriesOf } from './figures';

const START = Date.parse('2026-03-01T10:00:00Z');

function sample(seconds: number, changes: Partial<Sample> = {}): Sample {
  return {
    at: new Date(START + seconds * 1_000).toISOString(),
    startedAt: '2026-03-01T09:00:00Z',
    connectionsOpen: 3,
    peopleOnline: 2,
    liveRooms: 1,
    memoryBytes: 40_000_000,
    sendsTotal: 0,
    deliveriesTotal: 0,
    requestsTotal: 0,
    errorsTotal: 0,
    ...changes,
  };
}

describe('a rate', () => {
  it('is what a total grew by, for each second between', () => {
    expect(rate(sample(0, { sendsTotal: 100 }), sample(4, { sendsTotal: 110 }), 'sendsTotal')).toBe(2.5);
  });

  it('is not known of the first sample', () => {
    expect(rate(undefined, sample(0, { sendsTotal: 100 }), 'sendsTotal')).toBeNull();
  });

  it('is not known across a restart, nor from one node to another', () => {
    const other = { startedAt: '2026-03-01T10:00:01Z', sendsTotal: 3 };
    expect(rate(sample(0, { sendsTotal: 100 }), sample(2, other), 'sendsTotal')).toBeNull();
  });

  it('is not known when a total shrank or no time has passed', () => {
    expect(rate(sample(0, { errorsTotal: 9 }), sample(2, { errorsTotal: 8 }), 'errorsTotal')).toBeNull();
    expect(rate(sample(2), sample(2), 'errorsTotal')).toBeNull();
  });
});

describe('samples', () => {
  it('are forgotten when they are too old', () => {
    const kept = added([sample(0), sample(2), sample(4)], sample(6), 4_000);
    expect(kept.map(({ at }) => at)).toEqual([sample(2), sample(4), sample(6)].map(({ at }) => at));
  });

  it('that come twice or late are left out', () => {
    const before = [sample(0), sample(2)];
    expect(added(before, sample(2), 60_000)).toBe(before);
    expect(added(before, sample(1), 60_000)).toBe(before);
  });
});

describe('series', () => {
  it('have levels as they are and totals as rates, with a gap where a rate is not known', () => {
    const { times, lines } = seriesOf([
      sample(0, { deliveriesTotal: 10, connectionsOpen: 1 }),
      sample(2, { deliveriesTotal: 30, connectionsOpen: 5 }),
      sample(4, { deliveriesTotal: 2, connectionsOpen: 2, startedAt: '2026-03-01T10:00:03Z' }),
      sample(6, { deliveriesTotal: 4, connectionsOpen: 2, startedAt: '2026-03-01T10:00:03Z' }),
    ]);
    expect(times).toEqual([0, 2, 4, 6].map((seconds) => START / 1_000 + seconds));
    expect(lines.deliveriesTotal).toEqual([null, 10, null, 1]);
    expect(lines.connectionsOpen).toEqual([1, 5, 2, 2]);
  });

  it('say their last and their highest', () => {
    expect(lastOf([1, 7, null])).toBe(7);
    expect(mostOf([1, 7, null, 3])).toBe(7);
    expect(lastOf([null])).toBeNull();
    expect(mostOf([])).toBeNull();
  });
});
