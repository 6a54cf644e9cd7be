import { beforeEach, describe, expect, it, vi } from 'vitest';
import { chosen, firstKnown, keepLanguage, localeOf } from './language';
import { daysBetween, dayName, shortTime } from './time';

beforeEach(() => localStorage.clear());

describe('the language', () => {
  it.each([
    [['es-MX', 'en'], 'es'],
    [['fr', 'ES', 'en'], 'es'],
    [['de-DE'], 'en'],
    [['en-GB', 'es'], 'en'],
    [[], 'en'],
    [['est'], 'en'],
  ] as const)('of a browser that wants %j is %s', (wanted, found) => {
    expect(firstKnown(wanted)).toBe(found);
  });

  it('that was chosen is kept, and given up for the browser’s again', () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['en']);
    expect(keepLanguage('es')).toBe('es');
    expect(chosen()).toBe('es');
    expect(keepLanguage(null)).toBe('en');
    expect(chosen()).toBeNull();
  });

  it('writes times and numbers as the browser’s region does', () => {
    expect(localeOf('en', ['es-MX', 'en-GB', 'en-US'])).toBe('en-GB');
    expect(localeOf('es', ['en-US'])).toBe('es');
  });

  it('that is kept and unknown counts as none', () => {
    localStorage.setItem('tertulia.language', 'xx');
    expect(chosen()).toBeNull();
  });
});

describe('a time in a list', () => {
  const clock = { locale: 'en-GB', now: new Date(2026, 2, 4, 9, 30) };

  it.each([
    [new Date(2026, 2, 4, 0, 5), '00:05'],
    [new Date(2026, 2, 3, 23, 59), 'Yesterday'],
    [new Date(2026, 1, 27, 12, 0), 'Friday'],
    [new Date(2026, 1, 25, 12, 0), '25 Feb'],
    [new Date(2024, 2, 3, 12, 0), '3 Mar 2024'],
  ])('%s is said as %s', (at, said) => {
    expect(shortTime(at, clock)).toBe(said);
  });

  it('of a clock that is ahead is a time of day', () => {
    expect(shortTime(new Date(2026, 2, 5, 10, 0), clock)).toBe('10:00');
  });

  it('has names for days', () => {
    expect(dayName(new Date(2026, 2, 4, 1, 0), clock)).toBe('Today');
    expect(dayName(new Date(2026, 2, 3, 1, 0), { ...clock, locale: 'es' })).toBe('Ayer');
    expect(dayName(new Date(2026, 2, 1, 1, 0), clock)).toBe('Sunday 1 March');
  });

  it('counts midnights, not hours', () => {
    expect(daysBetween(new Date(2026, 2, 3, 23, 59), new Date(2026, 2, 4, 0, 1))).toBe(1);
    expect(daysBetween(new Date(2026, 2, 3, 0, 1), new Date(2026, 2, 3, 23, 59))).toBe(0);
  });
});
