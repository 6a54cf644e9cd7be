// Whether new messages show on the desktop. The browser is asked only when one switches it on.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Switch } from '../../shared/ui/Field';
import { noticesState, switchNotices } from '../shell/notices';
import styles from './Settings.module.css';

export function Notifications() {
  const { t } = useTranslation('chat');
  const [state, setState] = useState(noticesState);
  const hint = { on: t('settings.desktopHint'), off: t('settings.desktopHint'), denied: t('settings.desktopDenied'), missing: t('settings.desktopMissing') };
  return (
    <section className={styles.section} aria-labelledby="notifications">
      <h2 id="notifications">{t('settings.notifications')}</h2>
      <Switch
        label={t('settings.desktop')}
        hint={hint[state]}
        checked={state === 'on'}
        disabled={state === 'denied' || state === 'missing'}
        onChange={(on) => void switchNotices(on).then(setState)}
      />
    </section>
  );
}
