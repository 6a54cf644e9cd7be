// What others see of one: picture, names, a few words; and what only administrators see.
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { type Fault, faultsOf } from '../../shared/api/faults';
import { upload } from '../../shared/api/upload';
import type { OwnProfileFragment, UserType } from '../../shared/gql/chat/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { Button } from '../../shared/ui/Button';
import { Faults, faultOn } from '../../shared/ui/Faults';
import { SelectField, TextArea, TextField } from '../../shared/ui/Field';
import { Loading } from '../../shared/ui/Spinner';
import { toast } from '../../shared/ui/Toasts';
import { text, useSubmit } from '../../shared/ui/useSubmit';
import { Profile as ProfileQuery, UpdateProfile } from './documents';
import styles from './Settings.module.css';

const FIELDS = ['username', 'email', 'firstName', 'lastName', 'bio', 'phone', 'address', 'userType'] as const;
const USER_TYPES: readonly UserType[] = ['STUDENT', 'STAFF', 'OWNER', 'OTHER'];
/** What the server makes pictures of. */
const PICTURES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

export function Profile() {
  const [{ data, error }, again] = useQuery({ query: ProfileQuery, requestPolicy: 'cache-and-network' });
  if (data?.viewer) {
    return (
      <>
        <Picture profile={data.viewer} />
        <Words profile={data.viewer} />
      </>
    );
  }
  if (error) return <Faults faults={faultsOf(error)} onRetry={() => again({ requestPolicy: 'network-only' })} />;
  return <Loading />;
}

function Picture({ profile }: { profile: OwnProfileFragment }) {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const input = useRef<HTMLInputElement>(null);
  const [sent, setSent] = useState<number | null>(null);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const set = async (avatarUploadId: string | null) => {
    const outcome = await act(client, UpdateProfile, { input: { avatarUploadId } });
    setFaults(outcome.ok ? [] : outcome.faults);
    if (outcome.ok) toast({ text: t('settings.pictureSaved') });
  };
  const send = async (file: File) => {
    if (!PICTURES.includes(file.type)) {
      setFaults([{ code: 'BAD_INPUT', message: t('settings.notAPicture'), field: null, retryAfterMs: null, requestId: null }]);
      return;
    }
    setFaults([]);
    setSent(0);
    try {
      const uploaded = await upload(client, file, { onProgress: setSent });
      if (uploaded.ok) await set(uploaded.uploadId);
      else setFaults(uploaded.faults);
    } finally {
      setSent(null);
    }
  };
  const percent = Math.round((sent ?? 0) * 100);
  return (
    <section className={styles.section} aria-labelledby="picture">
      <h2 id="picture">{t('settings.picture')}</h2>
      <div className={styles.picture}>
        <Avatar id={profile.id} name={profile.displayName} url={profile.avatarUrl} size={6} />
        <div className={styles.pictureSide}>
          <div className={styles.buttons}>
            <Button busy={sent !== null} onClick={() => input.current?.click()}>
              {t('settings.choosePicture')}
            </Button>
            {profile.avatarUrl && (
              <Button look="plain" onClick={() => void set(null)}>
                {t('settings.removePicture')}
              </Button>
            )}
          </div>
          <p className={styles.soft}>{t('settings.pictureHint')}</p>
          {sent !== null && <progress value={sent} max={1} aria-label={t('settings.uploading', { percent })} />}
        </div>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        accept={PICTURES.join(',')}
        onChange={(event) => {
          const file = event.target.files?.[0];
          // The same file once more is a change, too.
          event.target.value = '';
          if (file) void send(file);
        }}
      />
      <Faults faults={faults} />
    </section>
  );
}

function Words({ profile }: { profile: OwnProfileFragment }) {
  const { t } = useTranslation(['chat', 'common']);
  const { client } = useApi();
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const input = {
      username: text(fields, 'username').trim(),
      email: text(fields, 'email').trim(),
      firstName: text(fields, 'firstName').trim(),
      lastName: text(fields, 'lastName').trim(),
      bio: text(fields, 'bio').trim() || null,
      phone: text(fields, 'phone').trim() || null,
      address: text(fields, 'address').trim() || null,
      userType: text(fields, 'userType') as UserType,
    };
    const outcome = await act(client, UpdateProfile, { input });
    if (!outcome.ok) return outcome.faults;
    toast({ text: t('settings.saved') });
    return [];
  });
  const common = (name: (typeof FIELDS)[number]) => ({ name, fault: faultOn(faults, name) });
  return (
    <form className={styles.section} onSubmit={onSubmit} noValidate aria-labelledby="profile">
      <h2 id="profile">{t('settings.profile')}</h2>
      <Faults faults={faults} except={FIELDS} />
      <div className={styles.pair}>
        <TextField label={t('account.firstName')} {...common('firstName')} defaultValue={profile.firstName} autoComplete="given-name" />
        <TextField label={t('account.lastName')} {...common('lastName')} defaultValue={profile.lastName} autoComplete="family-name" />
        <TextField
          label={t('account.username')}
          {...common('username')}
          defaultValue={profile.username}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
        />
        <SelectField label={t('settings.userType')} {...common('userType')} defaultValue={profile.userType}>
          {USER_TYPES.map((type) => (
            <option key={type} value={type}>
              {t(`settings.userTypes.${type}`)}
            </option>
          ))}
        </SelectField>
      </div>
      <TextArea label={t('settings.bio')} {...common('bio')} hint={t('settings.bioHint')} rows={3} defaultValue={profile.bio ?? ''} />
      <div className={styles.pair}>
        <TextField
          label={t('account.email')}
          {...common('email')}
          type="email"
          hint={t('settings.onlyYou')}
          defaultValue={profile.email ?? ''}
          autoComplete="email"
        />
        <TextField
          label={t('settings.phone')}
          {...common('phone')}
          type="tel"
          optional
          hint={t('settings.onlyYou')}
          defaultValue={profile.phone ?? ''}
          autoComplete="tel"
        />
      </div>
      <TextField
        label={t('settings.address')}
        {...common('address')}
        optional
        hint={t('settings.onlyYou')}
        defaultValue={profile.address ?? ''}
        autoComplete="street-address"
      />
      <div className={styles.foot}>
        <Button type="submit" look="primary" busy={busy}>
          {t('common:save')}
        </Button>
      </div>
    </form>
  );
}
