// The password, and where one is signed in.
import { Laptop, Smartphone } from 'lucide-react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { faultsOf } from '../../shared/api/faults';
import type { DevicesQuery } from '../../shared/gql/chat/graphql';
import { fullTime } from '../../shared/i18n/time';
import { useLocale } from '../../shared/i18n/useLocale';
import { session, tokensFrom } from '../../shared/session/account';
import { Button } from '../../shared/ui/Button';
import { Faults, faultOn } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { Loading } from '../../shared/ui/Spinner';
import { toast } from '../../shared/ui/Toasts';
import { useReport } from '../../shared/ui/useReport';
import { missing, text, useSubmit } from '../../shared/ui/useSubmit';
import { useViewerId } from '../rooms/InboxProvider';
import { deviceName, isHandheld } from '../../shared/session/devices';
import { ChangePassword, Devices as DevicesQueryDocument, EndSession } from './documents';
import styles from './Settings.module.css';

const FIELDS = ['currentPassword', 'newPassword'];

export function Security() {
  return (
    <>
      <Password />
      <Devices />
    </>
  );
}

function Password() {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const viewerId = useViewerId();
  const form = useRef<HTMLFormElement>(null);
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const empty = missing(fields, FIELDS, t('account.required'));
    if (empty.length > 0) return empty;
    const input = { currentPassword: text(fields, 'currentPassword'), newPassword: text(fields, 'newPassword') };
    const outcome = await act(client, ChangePassword, { input });
    if (!outcome.ok) return outcome.faults;
    // All older tokens have ended, this page's own among them.
    if (outcome.payload.tokens) session.begin(tokensFrom(outcome.payload.tokens), viewerId);
    form.current?.reset();
    toast({ text: t('settings.passwordChanged') });
    return [];
  });
  return (
    <form ref={form} className={styles.section} onSubmit={onSubmit} noValidate aria-labelledby="password">
      <h2 id="password">{t('account.password')}</h2>
      <Faults faults={faults} except={FIELDS} />
      <div className={styles.pair}>
        <TextField
          label={t('settings.currentPassword')}
          name="currentPassword"
          type="password"
          autoComplete="current-password"
          fault={faultOn(faults, 'currentPassword')}
        />
        <TextField
          label={t('settings.newPassword')}
          name="newPassword"
          type="password"
          autoComplete="new-password"
          hint={t('account.passwordHint')}
          fault={faultOn(faults, 'newPassword')}
        />
      </div>
      <div className={styles.foot}>
        <Button type="submit" look="primary" busy={busy}>
          {t('settings.changePassword')}
        </Button>
      </div>
    </form>
  );
}

function Devices() {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const report = useReport();
  const [{ data, error }, again] = useQuery({ query: DevicesQueryDocument, requestPolicy: 'cache-and-network' });
  const end = async (sessionId: string | null) => {
    const outcome = await act(client, EndSession, { input: sessionId === null ? {} : { sessionId } });
    report(outcome);
    if (outcome.ok) toast({ text: t('settings.ended', { count: outcome.payload.ended }) });
    again({ requestPolicy: 'network-only' });
  };
  const sessions = data?.viewer?.sessions;
  return (
    <section className={styles.section} aria-labelledby="devices">
      <h2 id="devices">{t('settings.devices')}</h2>
      {error && !sessions && <Faults faults={faultsOf(error)} onRetry={() => again({ requestPolicy: 'network-only' })} />}
      {!error && !sessions && <Loading />}
      <ul>
        {sessions?.map((each) => (
          <Device key={each.id} device={each} onEnd={() => void end(each.id)} />
        ))}
      </ul>
      {sessions && sessions.length > 1 && (
        <div className={styles.foot}>
          <Button onClick={() => void end(null)}>{t('settings.endOthers')}</Button>
        </div>
      )}
    </section>
  );
}

type DeviceOf = NonNullable<DevicesQuery['viewer']>['sessions'][number];

function Device({ device, onEnd }: { device: DeviceOf; onEnd: () => void }) {
  const { t } = useTranslation('chat');
  const locale = useLocale();
  const name = deviceName(device.client) ?? t('settings.unknownDevice');
  const when = (at: string) => fullTime(new Date(at), locale);
  return (
    <li className={styles.device}>
      {isHandheld(device.client) ? <Smartphone aria-hidden="true" /> : <Laptop aria-hidden="true" />}
      <span className={styles.deviceWords}>
        <strong title={device.client}>{name}</strong>
        <span className={styles.soft}>
          {t('settings.lastUsed', { when: when(device.lastUsedAt) })}, {t('settings.since', { when: when(device.createdAt) })}
        </span>
      </span>
      {device.current ? (
        <span className={styles.here}>{t('settings.thisDevice')}</span>
      ) : (
        <Button aria-label={t('settings.endNamed', { device: name })} onClick={onEnd}>
          {t('settings.end')}
        </Button>
      )}
    </li>
  );
}
