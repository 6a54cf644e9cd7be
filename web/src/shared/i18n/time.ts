// Times as people say them: by the clock today, by the day before that.

export interface Clock {
  readonly locale: string;
  readonly now: Date;
}

/** Short, for a list: 14:05, Yesterday, Tuesday, 3 Mar, 3 Mar 2024. */
export function shortTime(at: Date, { locale, now }: Clock): string {
  const days = daysBetween(at, now);
  if (days <= 0) return timeOfDay(at, locale);
  if (days === 1) return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-1, 'day'), locale);
  if (days < 7) return capital(format(locale, { weekday: 'long' }, at), locale);
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return format(locale, { day: 'numeric', month: 'short', ...year }, at);
}

/** For a separator between days: Today, Yesterday, Tuesday, 3 March. */
export function dayName(at: Date, { locale, now }: Clock): string {
  const days = daysBetween(at, now);
  if (days === 0 || days === 1) return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day'), locale);
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return capital(format(locale, { weekday: 'long', day: 'numeric', month: 'long', ...year }, at), locale);
}

/** The time of day: 14:05. */
export function timeOfDay(at: Date, locale: string): string {
  return format(locale, { timeStyle: 'short' }, at);
}

/** All of it, for a tip or a record: 3 March 2026 at 14:05. */
export function fullTime(at: Date, locale: string): string {
  return format(locale, { dateStyle: 'long', timeStyle: 'short' }, at);
}

/** 3 March 2026. */
export function longDate(at: Date, locale: string): string {
  return format(locale, { dateStyle: 'long' }, at);
}

/** Midnights between the two, in this browser's time zone. */
export function daysBetween(from: Date, to: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}

/** Making one of these costs more than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions, at: Date): string {
  const key = locale + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale, options);
    formats.set(key, made);
  }
  return made.format(at);
}

function capital(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
