// Numbers, sizes and times as the person's language writes them.
import { useMemo } from 'react';
import { useLocale } from '../../shared/i18n/useLocale';

export interface Format {
  /** 1,204 */
  readonly count: (value: number) => string;
  /** 0.5, 12, 1.2K: what has to fit beside a chart. */
  readonly short: (value: number) => string;
  /** 3.4 MB */
  readonly bytes: (value: number) => string;
  /** 3 Mar 2026, 14:05 */
  readonly instant: (at: Date) => string;
  /** 3 Mar 2026 */
  readonly day: (at: Date) => string;
  /** 3 March 2026 at 14:05:09 */
  readonly exact: (at: Date) => string;
  /** 5 minutes ago */
  readonly ago: (at: Date, now: Date) => string;
  /** 2 days, 5 hr */
  readonly duration: (ms: number) => string;
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const SPANS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

export function formatIn(locale: string): Format {
  const count = new Intl.NumberFormat(locale);
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 3 });
  const instant = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  return {
    count: (value) => count.format(value),
    short: (value) => short.format(value),
    bytes: (value) => {
      const step = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
      return unit(step === 0 ? Math.round(value) : value / 1000 ** step, BYTE_UNITS[step] ?? 'byte');
    },
    instant: (at) => instant.format(at),
    day: (at) => day.format(at),
    exact: (at) => exact.format(at),
    ago: (at, now) => {
      const seconds = Math.round((at.getTime() - now.getTime()) / 1_000);
      const [name, length] = SPANS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
      return relative.format(Math.trunc(seconds / length), name);
    },
    duration: (ms) => {
      const seconds = Math.max(0, Math.floor(ms / 1_000));
      const found = SPANS.findIndex(([name, length]) => !['year', 'month'].includes(name) && seconds >= length);
      const [name, length] = SPANS[found] ?? ['second', 1];
      const [nextName, nextLength] = SPANS[found + 1] ?? ['second', 1];
      const rest = Math.floor((seconds % length) / nextLength);
      const parts = [unit(Math.floor(seconds / length), name), rest > 0 && name !== 'second' ? unit(rest, nextName) : ''];
      return parts.filter(Boolean).join(' ');
    },
  };
}

export function useFormat(): Format {
  const locale = useLocale();
  return useMemo(() => formatIn(locale), [locale]);
}
