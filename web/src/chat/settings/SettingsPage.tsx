// One's own account and this browser, a page for each part.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes, useLocation } from 'react-router';
import { PageBar } from '../rooms/PageBar';
import rooms from '../rooms/Rooms.module.css';
import { usePageTitle } from '../shell/title';
import { Appearance } from './Appearance';
import { Notifications } from './Notifications';
import { Profile } from './Profile';
import { Security } from './Security';
import styles from './Settings.module.css';

const PARTS = ['profile', 'security', 'appearance', 'notifications'] as const;

export default function SettingsPage() {
  const { t } = useTranslation('chat');
  const { pathname } = useLocation();
  const tabs = useRef<HTMLElement>(null);
  usePageTitle(t('settings.title'));
  // On a phone not all of them are in sight.
  useEffect(() => {
    tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname]);
  return (
    <>
      <PageBar title={t('settings.title')} />
      <nav ref={tabs} className={styles.tabs} aria-label={t('settings.title')}>
        {PARTS.map((part) => (
          <NavLink key={part} to={`/settings/${part}`} replace>
            {t(`settings.${part}`)}
          </NavLink>
        ))}
      </nav>
      <div className={rooms.page}>
        <div className={rooms.inner}>
          <Routes>
            <Route path="profile" element={<Profile />} />
            <Route path="security" element={<Security />} />
            <Route path="appearance" element={<Appearance />} />
            <Route path="notifications" element={<Notifications />} />
            <Route path="*" element={<Navigate to="/settings/profile" replace />} />
          </Routes>
        </div>
      </div>
    </>
  );
}
