// The frame of the chat for whoever is signed in: the list of rooms, beside it what the address names.
import { MessagesSquare } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { useSession } from '../../shared/session/account';
import { EmptyState } from '../../shared/ui/EmptyState';
import { SkipLink } from '../../shared/ui/SkipLink';
import { Loading } from '../../shared/ui/Spinner';
import { DeskProvider } from '../messages/DeskProvider';
import { InboxProvider, useInbox, useInboxStore } from '../rooms/InboxProvider';
import { RoomList } from '../rooms/RoomList';
import { ConnectionBar } from './ConnectionBar';
import { startNotices } from './notices';
import styles from './Shell.module.css';
import { useShortcuts } from './shortcuts';
import { showUnread } from './title';

const Switcher = lazy(() => import('./Switcher'));

export function Shell({ children }: { children: ReactNode }) {
  const session = useSession();
  if (session.is !== 'signedIn') return null;
  return (
    <InboxProvider viewerId={session.userId}>
      <DeskProvider viewerId={session.userId}>
        <Frame>{children}</Frame>
      </DeskProvider>
    </InboxProvider>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation('chat');
  const { pathname } = useLocation();
  const [isSwitching, setSwitching] = useState(false);
  const main = useRef<HTMLElement>(null);
  useShortcuts({ onSwitch: () => setSwitching(true) });
  useUnreadInTitle();
  useNotices();
  useAhead();
  // What had the focus may be gone with the page before; who uses the keyboard goes on from the new one.
  useEffect(() => {
    if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <div className={styles.shell} data-showing={pathname === '/' ? 'list' : 'main'}>
      <SkipLink to={main}>{t('skip')}</SkipLink>
      <nav className={styles.list} aria-label={t('rooms.title')}>
        <RoomList />
      </nav>
      <main ref={main} id="main" className={styles.main} tabIndex={-1}>
        <ConnectionBar />
        <div className={styles.content}>
          <Suspense fallback={<Loading />}>
            {children}
          </Suspense>
        </div>
      </main>
      {isSwitching && (
        <Suspense fallback={null}>
          <Switcher onClose={() => setSwitching(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** What stands beside the list while no room is open. */
export function NothingOpen() {
  const { t } = useTranslation('chat');
  return (
    <EmptyState icon={<MessagesSquare />} title={t('rooms.pick')}>
      {t('rooms.pickText', { keys: navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl+K' })}
    </EmptyState>
  );
}

const AHEAD_AFTER_MS = 3_000;

/** What is not needed at first is fetched soon after, so that it opens at once, and opens when the network is gone. */
function useAhead(): void {
  useEffect(() => {
    const fetchAhead = async () => {
      await Promise.all([
        import('../rooms/RoomDetails'),
        import('../rooms/NewRoomDialog'),
        import('../people/FindPage'),
        import('../settings/SettingsPage'),
        import('./Switcher'),
      ]);
    };
    // Without a network now, each is fetched when it is asked for.
    const timer = setTimeout(() => void fetchAhead().catch(() => {}), AHEAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
}

function useUnreadInTitle(): void {
  const { unread } = useInbox();
  useEffect(() => showUnread(unread), [unread]);
  useEffect(() => () => showUnread(0), []);
}

function useNotices(): void {
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const { t } = useTranslation('chat');
  useEffect(() => startNotices(inbox, { open: (roomId) => void navigate(`/rooms/${roomId}`), t }), [inbox, navigate, t]);
}
