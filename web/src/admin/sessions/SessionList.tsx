// Signed-in devices, of everyone or of one person, and the way to sign them out.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { graphql } from '../../shared/gql/admin';
import type { SessionLineFragment } from '../../shared/gql/admin/graphql';
import { deviceName } from '../../shared/session/devices';
import { Button } from '../../shared/ui/Button';
import { toast } from '../../shared/ui/Toasts';
import { ActDialog } from '../parts/ActDialog';
import { Badge } from '../parts/Badge';
import type { Column } from '../parts/DataTable';
import { PersonLine } from '../parts/Person';
import { Time } from '../parts/Time';
import styles from './SessionList.module.css';

export const SessionLine = graphql(`
  fragment SessionLine on Session {
    id
    client
    door
    createdAt
    lastUsedAt
    expiresAt
    current
    user {
      ...Person
    }
  }
`);

export const EndSession = graphql(`
  mutation EndSession($input: EndSessionInput!) {
    endSession(input: $input) {
      ended
      errors {
        ...Fault
      }
    }
  }
`);

/** `whose`: with a column for the person. */
export function useSessionColumns({ whose }: { whose: boolean }): readonly Column<SessionLineFragment>[] {
  const { t } = useTranslation('admin');
  const device: Column<SessionLineFragment> = {
    head: t('sessions.device'),
    cell: ({ client, current }) => (
      <span className={styles.device}>
        <span title={client}>{deviceName(client) ?? t('sessions.unknown')}</span>
        {current && <Badge tone="good">{t('sessions.current')}</Badge>}
      </span>
    ),
  };
  const person: Column<SessionLineFragment> = { head: t('sessions.user'), cell: ({ user }) => <PersonLine person={user} /> };
  return [
    ...(whose ? [person, device] : [device]),
    { head: t('sessions.door'), cell: ({ door }) => door },
    { head: t('sessions.lastUsed'), cell: ({ lastUsedAt }) => <Time at={lastUsedAt} as="ago" /> },
    { head: t('sessions.since'), cell: ({ createdAt }) => <Time at={createdAt} as="day" /> },
    { head: t('sessions.until'), cell: ({ expiresAt }) => <Time at={expiresAt} as="day" /> },
    { head: t('actions'), kind: 'actions', cell: (session) => (session.current ? null : <End session={session} />) },
  ];
}

function End({ session: { id, client, user } }: { session: SessionLineFragment }) {
  const { t } = useTranslation('admin');
  const { client: api } = useApi();
  const [isAsked, setAsked] = useState(false);
  const device = deviceName(client) ?? t('sessions.unknown');
  const name = user.displayName;
  return (
    <>
      <Button aria-label={t('sessions.endNamed', { device, name })} onClick={() => setAsked(true)}>
        {t('sessions.end')}
      </Button>
      {isAsked && (
        <ActDialog
          title={t('sessions.endTitle')}
          action={t('sessions.end')}
          act={() => act(api, EndSession, { input: { sessionId: id } })}
          onDone={() => {
            setAsked(false);
            toast({ text: t('sessions.ended', { count: 1, name }) });
          }}
          onClose={() => setAsked(false)}
        >
          {t('sessions.endText', { device, name })}
        </ActDialog>
      )}
    </>
  );
}
