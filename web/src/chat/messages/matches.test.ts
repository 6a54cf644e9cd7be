import { describe, expect, it } from 'vitest';
import { piecesAround } from './matches';

const marked = (text: string, sought: string) => piecesAround(text, sought).map((piece) => (piece.isMatch ? `[${piece.text}]` : piece.text)).join('');

describe('the words that were looked for', () => {
  it.each([
    ['The corner table is free', 'table', 'The corner [table] is free'],
    ['The corner tables', 'TAB corner', 'The [corner] [tab]les'],
    ['Unstable', 'table', 'Unstable'],
    ['El ñandú corre', 'ñan', 'El [ñan]dú corre'],
    ['a.b* (c)', '.* (', 'a.b* (c)'],
    ['two\n\nlines', 'lines', 'two [lines]'],
    ['nothing', '', 'nothing'],
  ])('in %j, %j', (text, sought, expected) => {
    expect(marked(text, sought)).toBe(expected);
  });

  it('are shown with what stands around them in a long text', () => {
    const text = `${'before '.repeat(50)}found ${'after '.repeat(100)}`;
    const shown = marked(text, 'found');
    expect(shown).toMatch(/^…before .* \[found\] after .*…$/);
    expect(shown.length).toBeLessThan(300);
  });
});
