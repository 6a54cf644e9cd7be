// Finding people to write to, and rooms to join.
import { Lock } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { faultsOf } from '../../shared/api/faults';
import type { FindRoomsQuery } from '../../shared/gql/chat/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { Button, buttonClass } from '../../shared/ui/Button';
import { Faults } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { useDebounced } from '../../shared/ui/useDebounced';
import { useReport } from '../../shared/ui/useReport';
import { VisuallyHidden } from '../../shared/ui/VisuallyHidden';
import { CreateRoom, JoinRoom } from '../rooms/actions';
import { useInboxStore } from '../rooms/InboxProvider';
import { PageBar } from '../rooms/PageBar';
import rooms from '../rooms/Rooms.module.css';
import { usePageTitle } from '../shell/title';
import { FindPeople, FindRooms } from './documents';
import styles from './People.module.css';
import { Person } from './Person';

const PAGE = 25;

export default function FindPage() {
  const { t } = useTranslation('chat');
  const [query, setQuery] = useSearchParams();
  const [wanted, setWanted] = useState(query.get('q') ?? '');
  const search = useDebounced(wanted.trim());
  usePageTitle(t('find.title'));
  return (
    <>
      <PageBar title={t('find.title')} />
      <div className={rooms.page}>
        <div className={rooms.inner}>
          <TextField
            label={t('find.field')}
            type="search"
            value={wanted}
            autoComplete="off"
            autoFocus
            onChange={(event) => {
              setWanted(event.target.value);
              setQuery(event.target.value === '' ? {} : { q: event.target.value }, { replace: true });
            }}
          />
          <div className={rooms.columns}>
            <People key={`people ${search}`} search={search} />
            <Rooms key={`rooms ${search}`} search={search} />
          </div>
        </div>
      </div>
    </>
  );
}

function People({ search }: { search: string }) {
  const { t } = useTranslation(['chat', 'common']);
  const { client } = useApi();
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const report = useReport();
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, again] = useQuery({ query: FindPeople, variables: { search, first: PAGE, after }, requestPolicy: 'cache-and-network' });
  const write = async (userId: string) => {
    const outcome = await act(client, CreateRoom, { input: { kind: 'DUO', memberIds: [userId] } });
    report(outcome);
    const room = outcome.ok && outcome.payload.room;
    if (!room) return;
    inbox.refresh(room.id);
    void navigate(`/rooms/${room.id}`);
  };
  return (
    <section aria-labelledby="people">
      <h2 id="people">{t('find.people')}</h2>
      {error && <Faults faults={faultsOf(error)} onRetry={() => again({ requestPolicy: 'network-only' })} />}
      <ul>
        {data?.users.nodes.map((person) => (
          <li key={person.id}>
            <button type="button" className={styles.person} onClick={() => void write(person.id)}>
              <Person person={person} />
              <VisuallyHidden>{t('details.write')}</VisuallyHidden>
            </button>
          </li>
        ))}
      </ul>
      {data?.users.nodes.length === 0 && <p className={styles.none}>{t('find.noPeople')}</p>}
      {data?.users.pageInfo.hasNextPage && (
        <Button look="plain" onClick={() => setAfter(data.users.pageInfo.endCursor)}>
          {t('common:more')}
        </Button>
      )}
    </section>
  );
}

function Rooms({ search }: { search: string }) {
  const { t } = useTranslation('chat');
  const [pages, setPages] = useState<readonly (string | null)[]>([null]);
  return (
    <section aria-labelledby="rooms">
      <h2 id="rooms">{t('find.rooms')}</h2>
      <ul>
        {pages.map((after, index) => (
          <RoomsPage key={after} search={search} after={after} isLast={index === pages.length - 1} onMore={(next) => setPages([...pages, next])} />
        ))}
      </ul>
    </section>
  );
}

interface RoomsPageProps {
  search: string;
  after: string | null;
  isLast: boolean;
  onMore: (after: string) => void;
}

function RoomsPage({ search, after, isLast, onMore }: RoomsPageProps) {
  const { t } = useTranslation(['chat', 'common']);
  const [{ data, error }, again] = useQuery({
    query: FindRooms,
    variables: { search, first: PAGE, after },
    requestPolicy: 'cache-and-network',
  });
  const { endCursor, hasNextPage } = data?.rooms.pageInfo ?? {};
  return (
    <>
      {error && !data && (
        <li>
          <Faults faults={faultsOf(error)} onRetry={() => again({ requestPolicy: 'network-only' })} />
        </li>
      )}
      {data?.rooms.nodes.map((room) => (
        <PublicRoom key={room.id} room={room} />
      ))}
      {after === null && data?.rooms.nodes.length === 0 && <li className={styles.none}>{t('find.noRooms')}</li>}
      {isLast && hasNextPage && endCursor && (
        <li>
          <Button look="plain" onClick={() => onMore(endCursor)}>
            {t('common:more')}
          </Button>
        </li>
      )}
    </>
  );
}

function PublicRoom({ room }: { room: FindRoomsQuery['rooms']['nodes'][number] }) {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const report = useReport();
  const [busy, setBusy] = useState(false);
  const isFull = room.capacity !== null && room.memberCount >= room.capacity;
  const join = async () => {
    // Its own page asks for the password.
    if (room.hasPassword) {
      void navigate(`/rooms/${room.id}`);
      return;
    }
    setBusy(true);
    const outcome = await act(client, JoinRoom, { input: { roomId: room.id } });
    setBusy(false);
    report(outcome);
    if (!outcome.ok) return;
    inbox.refresh(room.id);
    void navigate(`/rooms/${room.id}`);
  };
  return (
    <li className={rooms.entry}>
      <Avatar id={room.id} name={room.name} shape="room" />
      <span className={rooms.words}>
        <span dir="auto">{room.name}</span>
        {room.description && (
          <span className={rooms.about} dir="auto">
            {room.description}
          </span>
        )}
        <span>
          {t('rooms.members', { count: room.memberCount })}
          {room.hasPassword && (
            <>
              {' · '}
              <Lock className={rooms.inline} aria-hidden="true" /> {t('find.needsPassword')}
            </>
          )}
          {isFull && <> · {t('find.full')}</>}
        </span>
      </span>
      {room.viewerRole ? (
        <Link className={buttonClass('secondary')} to={`/rooms/${room.id}`} aria-label={`${t('find.open')}: ${room.name}`}>
          {t('find.open')}
        </Link>
      ) : (
        <Button busy={busy} disabled={isFull} aria-label={`${t('find.join')}: ${room.name}`} onClick={() => void join()}>
          {t('find.join')}
        </Button>
      )}
    </li>
  );
}
