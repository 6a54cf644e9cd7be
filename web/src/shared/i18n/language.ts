// The language of this browser's person: chosen, or else the first of the browser's own that there is. Kept in localStorage.

export const LANGUAGES = ['en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each language calls itself. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', es: 'Español' };

const KEY = 'tertulia.language';

let current: Language | undefined;

export function language(): Language {
  current ??= chosen() ?? firstKnown(navigator.languages);
  return current;
}

/** The one that the person chose; null where the browser's order decides. */
export function chosen(): Language | null {
  try {
    const kept = localStorage.getItem(KEY);
    return LANGUAGES.find((each) => each === kept) ?? null;
  } catch {
    return null;
  }
}

/** Null: as the browser has it. */
export function keepLanguage(wanted: Language | null): Language {
  try {
    if (wanted) localStorage.setItem(KEY, wanted);
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage the choice lasts until the page is reloaded.
  }
  current = wanted ?? firstKnown(navigator.languages);
  return current;
}

export function firstKnown(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const known = LANGUAGES.find((each) => each === tag.toLowerCase().split('-')[0]);
    if (known) return known;
  }
  return 'en';
}

/** The language as it is written where the browser is: with its clock and its order of day and month. */
export function localeOf(language: string, wanted: readonly string[] = navigator.languages): string {
  return wanted.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;
}
