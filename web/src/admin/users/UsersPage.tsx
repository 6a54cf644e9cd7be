// Everyone with an account.
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UserFilter, UsersQuery } from '../../shared/gql/admin/graphql';
import { Button } from '../../shared/ui/Button';
import { Badge } from '../parts/Badge';
import type { Column } from '../parts/DataTable';
import { List } from '../parts/List';
import { Narrow, NarrowChoice, NarrowText } from '../parts/Narrow';
import { Page, Section } from '../parts/Page';
import { PersonLine } from '../parts/Person';
import { type Narrowing, placeIn, useNarrowing } from '../parts/place';
import { Time } from '../parts/Time';
import { useRead } from '../parts/useRead';
import { NewUser } from './NewUser';
import { Users } from './documents';

type Row = UsersQuery['users']['nodes'][number];

export function UsersPage() {
  const { t } = useTranslation('admin');
  const { address, get } = useNarrowing();
  const [isMaking, setMaking] = useState(false);
  const read = useRead(Users, { filter: filterOf(get), ...placeIn(address) });
  const columns: readonly Column<Row>[] = [
    { head: t('users.person'), cell: (user) => <PersonLine person={user} /> },
    { head: t('users.email'), cell: ({ email }) => email },
    { head: t('users.presence'), cell: ({ presence }) => (presence === 'OFFLINE' ? null : <PresenceBadge presence={presence} />) },
    { head: t('users.type'), cell: ({ userType }) => t(`users.types.${userType}`) },
    { head: t('users.since'), cell: ({ createdAt }) => <Time at={createdAt} as="day" /> },
  ];
  return (
    <Page
      title={t('nav.users')}
      actions={
        <Button look="primary" onClick={() => setMaking(true)}>
          <UserPlus aria-hidden="true" />
          {t('users.create')}
        </Button>
      }
    >
      <Section title={t('users.all')}>
        <Narrow label={t('narrow')}>
          <NarrowText name="q" label={t('users.search')} placeholder={t('users.searchHint')} />
          <NarrowChoice
            name="state"
            label={t('users.state')}
            options={[
              ['', t('users.anyState')],
              ['enabled', t('users.enabled')],
              ['disabled', t('users.disabledOnly')],
            ]}
          />
          <NarrowChoice
            name="who"
            label={t('users.right')}
            options={[
              ['', t('users.everyone')],
              ['administrators', t('users.administrators')],
              ['others', t('users.others')],
            ]}
          />
        </Narrow>
        <List
          label={t('nav.users')}
          read={read}
          list={read.data?.users}
          counts="users"
          none={t('users.none')}
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Section>
      {isMaking && <NewUser onClose={() => setMaking(false)} />}
    </Page>
  );
}

function PresenceBadge({ presence }: Pick<Row, 'presence'>) {
  const { t } = useTranslation('common');
  return <Badge tone={presence === 'ONLINE' ? 'good' : 'plain'}>{t(`presence.${presence}`)}</Badge>;
}

function filterOf(get: Narrowing['get']): UserFilter {
  const [search, state, who] = [get('q'), get('state'), get('who')];
  return {
    ...(search ? { search } : {}),
    ...(state ? { disabled: state === 'disabled' } : {}),
    ...(who ? { isAdmin: who === 'administrators' } : {}),
  };
}
