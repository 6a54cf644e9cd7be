// Where the words that were looked for occur in a text, so that a result shows them.

export interface Piece {
  readonly text: string;
  readonly isMatch: boolean;
}

/** So much of the text stands before the first match. */
const BEFORE = 60;
const LENGTH = 240;

/** The part of a text around the first of some words, or beginnings of words, taken apart at all of them. */
export function piecesAround(text: string, sought: string): Piece[] {
  const flat = text.replace(/\s+/gu, ' ').trim();
  const words = sought.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  const pattern = words.length === 0 ? null : new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])(?:${words.join('|')})`, 'giu');
  const first = pattern ? Math.max(0, flat.search(pattern)) : 0;
  const start = first > BEFORE ? flat.indexOf(' ', first - BEFORE) + 1 : 0;
  const shown = flat.slice(start, start + LENGTH);
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of pattern ? shown.matchAll(pattern) : []) {
    if (match.index > done) pieces.push({ text: shown.slice(done, match.index), isMatch: false });
    pieces.push({ text: match[0], isMatch: true });
    done = match.index + match[0].length;
  }
  if (done < shown.length) pieces.push({ text: shown.slice(done), isMatch: false });
  if (start > 0) pieces.unshift({ text: '…', isMatch: false });
  if (start + LENGTH < flat.length) pieces.push({ text: '…', isMatch: false });
  return pieces;
}
