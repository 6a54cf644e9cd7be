// Every room of the server.
import { useTranslation } from 'react-i18next';
import type { RoomFilter, RoomKind, RoomsQuery } from '../../shared/gql/admin/graphql';
import type { Column } from '../parts/DataTable';
import { useFormat } from '../parts/format';
import { List } from '../parts/List';
import { Narrow, NarrowChoice, NarrowText } from '../parts/Narrow';
import { Page, Section } from '../parts/Page';
import { type Narrowing, placeIn, useNarrowing } from '../parts/place';
import { RoomLine } from '../parts/Room';
import { Time } from '../parts/Time';
import { useRead } from '../parts/useRead';
import { Rooms } from './documents';

type Row = RoomsQuery['rooms']['nodes'][number];

const KINDS: readonly RoomKind[] = ['GROUP', 'DUO', 'SELF'];

export function RoomsPage() {
  const { t } = useTranslation('admin');
  const { count } = useFormat();
  const { address, get } = useNarrowing();
  const read = useRead(Rooms, { filter: filterOf(get), ...placeIn(address) });
  const columns: readonly Column<Row>[] = [
    { head: t('rooms.room'), cell: (room) => <RoomLine room={room} /> },
    { head: t('rooms.kind'), cell: ({ kind }) => t(`rooms.kinds.${kind}`) },
    { head: t('rooms.visibility'), cell: ({ visibility }) => t(`rooms.visibilities.${visibility}`) },
    { head: t('rooms.members'), kind: 'number', cell: ({ memberCount }) => count(memberCount) },
    { head: t('rooms.since'), cell: ({ createdAt }) => <Time at={createdAt} as="day" /> },
  ];
  return (
    <Page title={t('nav.rooms')} lead={t('rooms.lead')}>
      <Section title={t('rooms.all')}>
        <Narrow label={t('narrow')}>
          <NarrowText name="q" label={t('rooms.search')} placeholder={t('rooms.searchHint')} />
          <NarrowChoice
            name="kind"
            label={t('rooms.kind')}
            options={[['', t('rooms.anyKind')], ...KINDS.map((kind) => [kind, t(`rooms.kinds.${kind}`)] as const)]}
          />
          <NarrowChoice
            name="archived"
            label={t('rooms.state')}
            options={[
              ['', t('rooms.anyState')],
              ['no', t('rooms.inUse')],
              ['yes', t('rooms.archived')],
            ]}
          />
        </Narrow>
        <List
          label={t('nav.rooms')}
          read={read}
          list={read.data?.rooms}
          counts="rooms"
          none={t('rooms.none')}
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Section>
    </Page>
  );
}

function filterOf(get: Narrowing['get']): RoomFilter {
  const [search, archived] = [get('q'), get('archived')];
  const kind = KINDS.find((each) => each === get('kind'));
  return {
    scope: 'ALL',
    ...(search ? { search } : {}),
    ...(kind ? { kind } : {}),
    ...(archived ? { archived: archived === 'yes' } : {}),
  };
}
