// The left region: who one is, a search, all rooms.
import { Compass, Search, SquarePen } from 'lucide-react';
import { type KeyboardEvent, lazy, Suspense, useDeferredValue, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { Button, IconButton } from '../../shared/ui/Button';
import { EmptyState } from '../../shared/ui/EmptyState';
import { Faults } from '../../shared/ui/Faults';
import icon from '../../shared/ui/icon.svg';
import { Bone } from '../../shared/ui/Spinner';
import { useNow } from '../../shared/ui/useNow';
import { AccountMenu } from '../account/AccountMenu';
import { useInbox, useInboxStore } from './InboxProvider';
import styles from './RoomList.module.css';
import { nameOf } from './names';
import { RoomRow } from './RoomRow';
import { matching } from './search';

const NewRoomDialog = lazy(() => import('./NewRoomDialog'));

const MINUTE_MS = 60_000;

export function RoomList() {
  const { t } = useTranslation('chat');
  const navigate = useNavigate();
  const [wanted, setWanted] = useState('');
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <header className={styles.head}>
        <div className={styles.brand}>
          <img src={icon} alt="" />
          <h1>{t('app')}</h1>
          <IconButton label={t('rooms.find')} icon={<Compass />} onClick={() => void navigate('/find')} />
          <IconButton label={t('rooms.new')} icon={<SquarePen />} onClick={() => setCreating(true)} />
          <AccountMenu />
        </div>
        <div className={styles.search}>
          <Search aria-hidden="true" />
          <input
            type="search"
            value={wanted}
            placeholder={t('rooms.search')}
            aria-label={t('rooms.search')}
            onChange={(event) => setWanted(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape' || wanted === '') return;
              event.preventDefault();
              setWanted('');
            }}
          />
        </div>
      </header>
      <Rooms wanted={wanted} onCreate={() => setCreating(true)} />
      {isCreating && (
        <Suspense fallback={null}>
          <NewRoomDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </>
  );
}

function Rooms({ wanted, onCreate }: { wanted: string; onCreate: () => void }) {
  const { t } = useTranslation('chat');
  const navigate = useNavigate();
  const inbox = useInboxStore();
  const { sorted, isLoaded, faults } = useInbox();
  const now = useNow(MINUTE_MS);
  const rooms = matching(sorted, useDeferredValue(wanted), (room) => nameOf(room, inbox.viewerId, t));
  const { shown, end } = useGrowing(rooms.length);
  if (!isLoaded && faults.length > 0) {
    return (
      <div className={styles.fault}>
        <Faults faults={faults} onRetry={() => void inbox.reload()} />
      </div>
    );
  }
  if (!isLoaded) return <Bones />;
  if (sorted.length === 0) {
    return (
      <EmptyState
        title={t('rooms.none')}
        actions={
          <>
            <Button look="primary" onClick={onCreate}>
              {t('rooms.new')}
            </Button>
            <Button onClick={() => void navigate('/find')}>{t('rooms.find')}</Button>
          </>
        }
      >
        {t('rooms.noneText')}
      </EmptyState>
    );
  }
  return (
    <div className={styles.scroll}>
      <ul aria-label={t('rooms.title')} onKeyDown={walk}>
        {rooms.slice(0, shown).map((room) => (
          <RoomRow key={room.id} room={room} viewerId={inbox.viewerId} now={now} />
        ))}
      </ul>
      <div ref={end} />
      {wanted !== '' && (
        <div className={styles.nothing}>
          {rooms.length === 0 && <p>{t('rooms.noneFound')}</p>}
          <Button onClick={() => void navigate(`/find?q=${encodeURIComponent(wanted)}`)}>{t('rooms.findInstead')}</Button>
        </div>
      )}
    </div>
  );
}

function Bones() {
  const { t } = useTranslation('common');
  return (
    <ul className={styles.bones} role="status" aria-label={t('loading')}>
      {[70, 45, 60, 38, 52].map((width) => (
        <li key={width}>
          <Bone width="2.5rem" disc />
          <span>
            <Bone width={`${width}%`} />
            <Bone width="85%" />
          </span>
        </li>
      ))}
    </ul>
  );
}

const SHOWN_FIRST = 60;
const SHOWN_MORE = 120;

/** A long list is drawn as far as one has scrolled. */
function useGrowing(length: number) {
  const [shown, setShown] = useState(SHOWN_FIRST);
  const end = useRef<HTMLDivElement>(null);
  const hasMore = shown < length;
  useEffect(() => {
    if (!hasMore || !end.current) return;
    const watcher = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) setShown((before) => before + SHOWN_MORE);
      },
      { rootMargin: '600px' },
    );
    watcher.observe(end.current);
    return () => watcher.disconnect();
    // Each growth is watched anew: the end may still be in sight.
  }, [hasMore, shown]);
  return { shown, end };
}

/** Arrow keys go from room to room; Enter opens, as with any link. */
function walk(event: KeyboardEvent<HTMLUListElement>): void {
  if (event.altKey || !['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const here = links.indexOf(document.activeElement as HTMLAnchorElement);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
  const link = to === undefined ? undefined : links[to];
  if (!link) return;
  event.preventDefault();
  link.focus();
}
