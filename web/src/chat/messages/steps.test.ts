import { describe, expect, it } from 'vitest';
import { begin, onward, type Steps, towards } from './steps';

const list = (text: string) => [...text];
const step = (from: string, to: string) => towards(begin(list(from)), list(to), (key) => key);
const drawn = ({ shown, shift }: Steps<string>) => `${shown.join('')}${shift ? ' <' : ''}`;

describe('the steps from one list to the next', () => {
  it.each([
    ['cde', 'cdef', 'cdef', 'cdef'],
    ['cde', 'cd', 'cd', 'cd'],
    ['cde', 'abcde', 'abcde <', 'abcde <'],
    ['cde', 'de', 'de <', 'de <'],
    ['cde', 'abcdef', 'abcde <', 'abcdef'],
    ['cde', 'def', 'de <', 'def'],
    ['cdefg', 'def', 'defg <', 'def'],
    ['cde', 'abcd', 'abcde <', 'abcd'],
    ['', 'ab', 'ab', 'ab'],
    ['ab', '', '', ''],
  ])('%s to %s', (from, to, first, last) => {
    const steps = step(from, to);
    expect(drawn(steps)).toBe(first);
    expect(drawn(onward(steps))).toBe(last);
  });

  it('begin a new era where nothing is left of the one before', () => {
    expect(step('abc', 'xyz')).toMatchObject({ era: 1, shift: false });
    expect(step('abc', 'bcd')).toMatchObject({ era: 0 });
    expect(step('', 'abc')).toMatchObject({ era: 1 });
  });

  it('end', () => {
    const steps = onward(step('cde', 'abcdef'));
    expect(onward(steps)).toBe(steps);
  });
});
