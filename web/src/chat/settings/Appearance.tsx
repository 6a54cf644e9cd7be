// How the page looks in this browser: its language, its colours; and the keys that work in it.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changeLanguage } from '../../shared/i18n';
import { chosen, LANGUAGE_NAMES, LANGUAGES, type Language } from '../../shared/i18n/language';
import { Choice } from '../../shared/ui/Field';
import { chooseTheme, THEMES, theme } from '../../shared/ui/theme';
import styles from './Settings.module.css';

export function Appearance() {
  const { t } = useTranslation('chat');
  const [colours, setColours] = useState(theme);
  const [language, setLanguage] = useState<Language | 'browser'>(chosen() ?? 'browser');
  return (
    <>
      <section className={styles.section} aria-labelledby="appearance">
        <h2 id="appearance">{t('settings.appearance')}</h2>
        <Choice
          label={t('settings.theme')}
          value={colours}
          options={THEMES.map((value) => ({ value, label: t(`settings.themes.${value}`) }))}
          onChange={(wanted) => {
            setColours(wanted);
            chooseTheme(wanted);
          }}
        />
        <Choice
          label={t('settings.language')}
          value={language}
          options={[
            { value: 'browser', label: t('settings.browserLanguage') },
            ...LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value], lang: value })),
          ]}
          onChange={(wanted) => {
            setLanguage(wanted);
            void changeLanguage(wanted === 'browser' ? null : wanted);
          }}
        />
      </section>
      <section className={styles.section} aria-labelledby="keys">
        <h2 id="keys">{t('settings.shortcuts')}</h2>
        <dl className={styles.keys}>
          <Keys what={t('settings.shortcutSwitch')} keys={['Ctrl', 'K']} />
          <Keys what={t('settings.shortcutNext')} keys={['Alt', '↑ ↓']} />
          <Keys what={t('settings.shortcutUnread')} keys={['Alt', 'Shift', '↑ ↓']} />
          <Keys what={t('settings.shortcutClose')} keys={['Esc']} />
        </dl>
      </section>
    </>
  );
}

function Keys({ what, keys }: { what: string; keys: readonly string[] }) {
  return (
    <>
      <dt>{what}</dt>
      <dd>
        {keys.map((key, index) => (
          <span key={key}>
            {index > 0 && ' + '}
            <kbd>{key}</kbd>
          </span>
        ))}
      </dd>
    </>
  );
}
