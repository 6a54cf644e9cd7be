// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { formatIn } from './format';

const { bytes, short, ago, duration } = formatIn('en');
const NOW = new Date('2026-03-01T12:00:00Z');
const earlier = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
const plain = (text: string) => text.replace(/\s/g, ' ');

describe('sizes', () => {
  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1_000, '1 kB'],
    [1_550, '1.6 kB'],
    [25_400_000, '25 MB'],
    [3_000_000_000_000_000, '3,000 TB'],
  ])('%d is %s', (size, text) => {
    expect(plain(bytes(size))).toBe(text);
  });
});

describe('figures beside a chart', () => {
  it.each([
    [0, '0'],
    [0.123, '0.123'],
    [12.345, '12.3'],
    [1_234_567, '1.23M'],
  ])('%d is %s', (value, text) => {
    expect(short(value)).toBe(text);
  });
});

describe('how long ago', () => {
  it.each([
    [0, 'now'],
    [59, '59 seconds ago'],
    [60, '1 minute ago'],
    [86_399, '23 hours ago'],
    [86_400, 'yesterday'],
    [40 * 86_400, 'last month'],
  ])('%d seconds before is %s', (seconds, text) => {
    expect(ago(earlier(seconds), NOW)).toBe(text);
  });
});

describe('how long', () => {
  it.each([
    [900, '0 sec'],
    [59_000, '59 sec'],
    [3_600_000, '1 hr'],
    [5_400_000, '1 hr 30 min'],
    [400 * 86_400_000, '400 days'],
  ])('%d ms is %s', (ms, text) => {
    expect(plain(duration(ms))).toBe(text);
  });
});

it('is written as the language has it', () => {
  expect(formatIn('es').count(1_234_567)).toBe('1.234.567');
  expect(formatIn('es').ago(earlier(7_200), NOW)).toBe('hace 2 horas');
});
