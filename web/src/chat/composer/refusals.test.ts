import { describe, expect, it } from 'vitest';
import { admit, charactersLeft, tidy } from './refusals';

const limits = { maxTextLength: 10, maxUploadBytes: 4, maxUploadsPerMessage: 3 };
const file = (name: string, size: number) => new File(['x'.repeat(size)], name);
const names = (files: readonly File[]) => files.map(({ name }) => name);

describe('what is refused before it is sent', () => {
  it('are files larger than the server takes', () => {
    const large = file('large', 5);
    const { taken, refused } = admit([file('small', 4), large], 0, limits);
    expect(names(taken)).toEqual(['small']);
    expect(refused).toEqual([{ is: 'tooLarge', file: large }]);
  });

  it('are more files than a message takes, which is said once', () => {
    const { taken, refused } = admit(['a', 'b', 'c', 'd'].map((name) => file(name, 1)), 1, limits);
    expect(names(taken)).toEqual(['a', 'b']);
    expect(refused).toEqual([{ is: 'tooMany' }]);
  });

  it('is nothing as long as the limits are not known', () => {
    const { taken, refused } = admit([file('large', 5)], 50, null);
    expect([names(taken), refused]).toEqual([['large'], []]);
    expect(charactersLeft('x'.repeat(99), null)).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts characters as the server does, and not halves of them', () => {
    expect(charactersLeft('👍👍👍', limits)).toBe(7);
    expect(charactersLeft('x'.repeat(12), limits)).toBe(-2);
  });
});

describe('a text that is sent', () => {
  it.each([
    ['\n \n  first\n\nlast \n\n', '  first\n\nlast'],
    ['   ', ''],
    ['one', 'one'],
  ])('%j is %j', (written, sent) => {
    expect(tidy(written)).toBe(sent);
  });
});
