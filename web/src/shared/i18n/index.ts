// Texts of the pages. English is in the bundle, Spanish is loaded when it is asked for; a page names the areas it uses.
import i18next, { type ResourceKey } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { keepLanguage, language, type Language } from './language';

/** The texts of one area, by language. */
export interface Area {
  readonly en: ResourceKey;
  readonly es: () => Promise<{ default: ResourceKey }>;
}

let areas: Readonly<Record<string, Area>> = {};

/** Before the page is drawn; all areas of the page at once. */
export async function startLanguage(used: Readonly<Record<string, Area>>): Promise<void> {
  areas = used;
  const en = Object.fromEntries(Object.entries(areas).map(([name, area]) => [name, area.en]));
  await i18next.use(initReactI18next).init({
    resources: { en },
    lng: 'en',
    fallbackLng: 'en',
    ns: Object.keys(areas),
    defaultNS: 'common',
    // React escapes what it shows.
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  await show(language());
}

/** Null: as the browser has it. */
export async function changeLanguage(wanted: Language | null): Promise<void> {
  await show(keepLanguage(wanted));
}

async function show(wanted: Language): Promise<void> {
  if (wanted !== 'en') {
    const missing = Object.entries(areas).filter(([name]) => !i18next.hasResourceBundle(wanted, name));
    await Promise.all(missing.map(async ([name, area]) => i18next.addResourceBundle(wanted, name, (await area[wanted]()).default)));
  }
  await i18next.changeLanguage(wanted);
  document.documentElement.lang = wanted;
}
