import { describe, expect, it } from 'vitest';
import { addressOf, marked, NOTHING, searchOf, wantedIn } from './search';

const WANTED = { text: 'tea', roomId: 'r1', senderId: 'u1', since: '2026-03-01', until: '2026-03-02', files: true };

describe('a search', () => {
  it('comes back from the address as it went there', () => {
    expect(wantedIn(new URLSearchParams(addressOf(WANTED)))).toEqual(WANTED);
    expect(wantedIn(new URLSearchParams())).toEqual(NOTHING);
  });

  it('has whole days, the last one included', () => {
    const { since, until } = searchOf(WANTED);
    expect(Date.parse(String(until)) - Date.parse(String(since))).toBe(2 * 24 * 60 * 60_000);
    expect(new Date(String(since)).getHours()).toBe(0);
  });

  it('asks only for what is wanted', () => {
    expect(searchOf({ ...NOTHING, text: 'tea' })).toEqual({ text: 'tea', everywhere: true });
  });

  it('takes no day from the address that is none', () => {
    expect(wantedIn(new URLSearchParams({ since: '2026-13-40', until: 'tomorrow' }))).toEqual(NOTHING);
  });
});

describe('what was found', () => {
  const hits = (text: string, search: string) => marked(text, search).filter(({ hit }) => hit).map((part) => part.text);

  it('is marked at the beginnings of words, whatever the case', () => {
    expect(hits('Tea in the teapot, no steam', 'tea')).toEqual(['Tea', 'tea']);
  });

  it('is found by letters of any script', () => {
    expect(hits('Más té, señor', 'té se')).toEqual(['té', 'se']);
  });

  it('takes signs of a pattern for what they are', () => {
    expect(hits('a (b) c', '(b) .*')).toEqual(['b']);
  });

  it('leaves the text whole', () => {
    expect(marked('Tea in the teapot', 'tea').map((part) => part.text).join('')).toBe('Tea in the teapot');
  });
});
