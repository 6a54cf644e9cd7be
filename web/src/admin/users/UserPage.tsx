// One person: who they are, where they are signed in, what they have stored, and what administrators did to them or as them.
import { UserX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { UserFactsFragment } from '../../shared/gql/admin/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { buttonClass } from '../../shared/ui/Button';
import { EmptyState } from '../../shared/ui/EmptyState';
import { Faults } from '../../shared/ui/Faults';
import { Loading } from '../../shared/ui/Spinner';
import { AuditSection } from '../audit/AuditSection';
import { DataTable } from '../parts/DataTable';
import { List } from '../parts/List';
import { Facts, Page, Section } from '../parts/Page';
import { PersonBadges } from '../parts/Person';
import { ShowAll } from '../parts/ShowAll';
import { Time } from '../parts/Time';
import { useRead } from '../parts/useRead';
import { useSessionColumns } from '../sessions/SessionList';
import { useUploadColumns } from '../uploads/UploadList';
import { Uploads } from '../uploads/UploadsPage';
import { OneUser } from './documents';
import { UserActions } from './UserActions';

/** Of its files; all of them have a page of their own. */
const ROWS = 5;

export function UserPage({ id }: { id: string }) {
  const { t } = useTranslation(['admin', 'common']);
  const { data, faults, isBusy, again } = useRead(OneUser, { id });
  const sessionColumns = useSessionColumns({ whose: false });
  const user = data?.user;
  if (!user) {
    if (faults.length > 0) return <Faults faults={faults} onRetry={again} />;
    return isBusy ? <Loading /> : <NoUser />;
  }
  return (
    <Page
      title={user.displayName}
      mark={<Avatar id={user.id} name={user.displayName} url={user.avatarUrl} presence={user.presence} size={4} />}
      lead={
        <>
          <span>{user.username}</span>
          <PersonBadges person={user} />
        </>
      }
      actions={<UserActions user={user} />}
    >
      <Profile user={user} />
      <Section title={t('nav.sessions')}>
        {user.sessions.length === 0 && <p>{t('sessions.noneOfOne')}</p>}
        {user.sessions.length > 0 && (
          <DataTable label={t('nav.sessions')} columns={sessionColumns} rows={user.sessions} rowKey={(session) => session.id} />
        )}
      </Section>
      <Files id={id} />
      <AuditSection title={t('users.auditAbout')} filter={{ targetId: id }} none={t('users.auditAboutNone')} />
      <AuditSection title={t('users.auditBy')} filter={{ actorId: id }} none={t('users.auditByNone')} />
    </Page>
  );
}

function Profile({ user }: { user: UserFactsFragment }) {
  const { t } = useTranslation('admin');
  return (
    <Section title={t('users.profile')}>
      <Facts
        facts={[
          [t('users.email'), user.email],
          [t('users.firstName'), user.firstName],
          [t('users.lastName'), user.lastName],
          [t('users.type'), t(`users.types.${user.userType}`)],
          [t('users.phone'), user.phone],
          [t('users.address'), user.address],
          [t('users.since'), <Time key="since" at={user.createdAt} />],
          [t('users.disabledSince'), user.disabledAt && <Time key="disabled" at={user.disabledAt} />],
          [t('users.number'), user.databaseId],
          [t('users.bio'), user.bio],
        ]}
      />
    </Section>
  );
}

function Files({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const read = useRead(Uploads, { ownerId: id, first: ROWS });
  const columns = useUploadColumns({ whose: false });
  const uploads = read.data?.uploads;
  return (
    <Section title={t('nav.uploads')} actions={<ShowAll to={`/uploads?owner=${id}`} />}>
      <List
        label={t('nav.uploads')}
        read={read}
        list={uploads}
        counts="uploads"
        none={t('uploads.noneOfOne')}
        columns={columns}
        rowKey={(upload) => upload.id}
        pages={false}
      />
    </Section>
  );
}

function NoUser() {
  const { t } = useTranslation('admin');
  return (
    <EmptyState
      icon={<UserX aria-hidden="true" />}
      title={t('users.gone')}
      actions={
        <Link className={buttonClass('secondary')} to="/users">
          {t('users.toAll')}
        </Link>
      }
    >
      {t('users.goneText')}
    </EmptyState>
  );
}
