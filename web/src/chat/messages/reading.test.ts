import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Reading } from './reading';

describe('reading', () => {
  const told: number[] = [];
  let answer: number | null | undefined;
  let reading: Reading;
  const shows = (last: number, atEnd = true) => reading.shows({ middle: last, last, atEnd });

  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    answer = undefined;
    reading = new Reading((seq) => {
      told.push(seq);
      return Promise.resolve(answer === undefined ? seq : answer);
    });
    reading.movedTo(3);
  });
  afterEach(() => vi.useRealTimers());

  it('is told once for all that comes into sight in a moment', async () => {
    reading.looks(true);
    for (const seq of [4, 5, 6, 7]) shows(seq);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([7]);
    expect(reading.readSeq).toBe(7);
    shows(7);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([7]);
  });

  it('is never told of a page that nobody looks at', async () => {
    shows(9);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);
    reading.looks(true);
    reading.looks(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);
    reading.looks(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([9]);
  });

  it('goes no further back than it was', async () => {
    reading.looks(true);
    shows(2, false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);
  });

  it('is told again with the next that is seen when it could not be told', async () => {
    answer = null;
    reading.looks(true);
    shows(5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reading.readSeq).toBe(3);
    answer = undefined;
    shows(5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([5, 5]);
    expect(reading.readSeq).toBe(5);
  });

  it('attends only to the end of the room, and only while somebody looks', () => {
    shows(9);
    expect(reading.attends).toBe(false);
    reading.looks(true);
    expect(reading.attends).toBe(true);
    shows(5, false);
    expect(reading.attends).toBe(false);
  });

  it('is not for those who have no mark', async () => {
    reading.movedTo(Number.POSITIVE_INFINITY);
    reading.looks(true);
    shows(9);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([]);
  });
});
