import { describe, expect, it } from 'vitest';
import { Ranges } from './ranges';

function of(...pairs: [number, number][]): Ranges {
  const ranges = new Ranges();
  for (const [from, to] of pairs) ranges.add({ from, to });
  return ranges;
}

const told = (ranges: Ranges) => ranges.all.map(({ from, to }) => [from, to]);

describe('ranges', () => {
  it('keep stretches apart that have a number between them', () => {
    expect(told(of([5, 6], [1, 2], [8, 9]))).toEqual([[1, 2], [5, 6], [8, 9]]);
  });

  it('join stretches that touch or overlap', () => {
    expect(told(of([1, 2], [3, 4]))).toEqual([[1, 4]]);
    expect(told(of([1, 5], [2, 3]))).toEqual([[1, 5]]);
    expect(told(of([1, 2], [5, 6], [9, 10], [2, 9]))).toEqual([[1, 10]]);
  });

  it('take no stretch without numbers', () => {
    expect(told(of([1, 0]))).toEqual([]);
  });

  it('find the whole stretch around a number', () => {
    const ranges = of([1, 2], [5, 9]);
    expect(ranges.around(7)).toEqual({ from: 5, to: 9 });
    expect(ranges.around(3)).toBeUndefined();
  });

  it('forget what lies outside of what is kept', () => {
    const ranges = of([1, 4], [6, 9], [12, 14]);
    ranges.clip({ from: 3, to: 8 });
    expect(told(ranges)).toEqual([[3, 4], [6, 8]]);
  });

  it('are what a set of numbers would be, added in any order', () => {
    for (let round = 0; round < 200; round += 1) {
      const ranges = new Ranges();
      const numbers = new Set<number>();
      for (let step = 0; step < 12; step += 1) {
        const from = 1 + Math.floor(Math.random() * 40);
        const to = from + Math.floor(Math.random() * 6) - 1;
        ranges.add({ from, to });
        for (let number = from; number <= to; number += 1) numbers.add(number);
      }
      const inside = ranges.all.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
      expect(inside).toEqual([...numbers].sort((a, b) => a - b));
      for (const [index, range] of ranges.all.entries()) {
        expect(range.from).toBeGreaterThan((ranges.all[index - 1]?.to ?? -1) + 1);
      }
    }
  });
});
