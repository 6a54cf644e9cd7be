// What is seen before one is in: the house on one side, a form on the other.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useSearchParams } from 'react-router';
import { useEffect } from 'react';
import { changeLanguage } from '../../shared/i18n';
import { LANGUAGE_NAMES, LANGUAGES } from '../../shared/i18n/language';
import { useSession } from '../../shared/session/account';
import { safeNext } from '../../shared/session/next';
import { Button } from '../../shared/ui/Button';
import icon from '../../shared/ui/icon-light.svg';
import { usePageTitle } from '../shell/title';
import styles from './Doorway.module.css';

export interface DoorwayProps {
  title: string;
  lead?: ReactNode;
  /** Where to, unless the address says where they were going. */
  onward?: string;
  /** Shown to who is signed in, too. */
  forAll?: boolean;
  children: ReactNode;
}

/** Whoever is signed in is let through, to where they were going. */
export function Doorway({ title, lead, onward, forAll = false, children }: DoorwayProps) {
  const { t, i18n } = useTranslation('chat');
  const session = useSession();
  const [search] = useSearchParams();
  usePageTitle(title);
  if (session.is === 'signedIn' && !forAll) return <GoOn to={safeNext(search.get('next') ?? onward ?? null)} />;
  return (
    <div className={styles.doorway}>
      <header className={styles.wall}>
        <div className={styles.saying}>
          <p className={styles.brand}>
            <img src={icon} alt="" />
            {t('app')}
          </p>
          <p>{t('tagline')}</p>
        </div>
      </header>
      <main className={styles.side}>
        <div className={styles.card}>
          <div>
            <h1>{title}</h1>
            {lead && <p className={styles.lead}>{lead}</p>}
          </div>
          {children}
          <nav className={styles.languages} aria-label={t('settings.language')}>
            {LANGUAGES.map((language) => (
              <Button
                key={language}
                look="plain"
                lang={language}
                aria-pressed={i18n.language === language}
                onClick={() => void changeLanguage(language)}
              >
                {LANGUAGE_NAMES[language]}
              </Button>
            ))}
          </nav>
        </div>
      </main>
    </div>
  );
}

/** Other pages of the server are not the chat's own to draw. */
function GoOn({ to }: { to: string }) {
  const isElsewhere = /^\/(admin|graphql|api|playground)([/?#]|$)/.test(to);
  useEffect(() => {
    if (isElsewhere) location.replace(to);
  }, [isElsewhere, to]);
  return isElsewhere ? null : <Navigate to={to} replace />;
}
