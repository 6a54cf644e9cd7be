// Everyone's signed-in devices.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { graphql } from '../../shared/gql/admin';
import { Button } from '../../shared/ui/Button';
import { List } from '../parts/List';
import { Narrow } from '../parts/Narrow';
import { Page, Section } from '../parts/Page';
import { PersonPicker } from '../parts/pickers';
import { placeIn, useNarrowing } from '../parts/place';
import { useRead } from '../parts/useRead';
import { useSessionColumns } from './SessionList';
import { SignOutEverywhere } from './SignOutEverywhere';

const Sessions = graphql(`
  query Sessions($userId: ID, $first: Int, $after: String, $last: Int, $before: String) {
    sessions(userId: $userId, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes {
        ...SessionLine
      }
      pageInfo {
        ...Places
      }
    }
  }
`);

export function SessionsPage() {
  const { t } = useTranslation('admin');
  const { address, get, set } = useNarrowing();
  const userId = get('user');
  const read = useRead(Sessions, { ...(userId ? { userId } : {}), ...placeIn(address) });
  const [isAsked, setAsked] = useState(false);
  // Of the one that the list is narrowed to, once it has come.
  const theirs = read.data?.sessions.nodes.find(({ user }) => user.id === userId)?.user;
  const columns = useSessionColumns({ whose: true });
  return (
    <Page title={t('nav.sessions')} lead={t('sessions.lead')}>
      <Section title={t('sessions.all')}>
        <Narrow label={t('narrow')}>
          <PersonPicker label={t('sessions.user')} value={userId} onChange={(user) => set({ user })} />
          {theirs && <Button onClick={() => setAsked(true)}>{t('sessions.endAll')}</Button>}
        </Narrow>
        <List
          label={t('nav.sessions')}
          read={read}
          list={read.data?.sessions}
          counts="sessions"
          none={t('sessions.none')}
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Section>
      {isAsked && theirs && <SignOutEverywhere user={theirs} onClose={() => setAsked(false)} />}
    </Page>
  );
}
