import { useTranslation } from 'react-i18next';
import { localeOf } from './language';

/** How times and numbers are written, for `Intl`. */
export function useLocale(): string {
  return localeOf(useTranslation().i18n.language);
}
