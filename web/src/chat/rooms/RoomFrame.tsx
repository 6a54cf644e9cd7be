// A room: its messages, and beside them its details where the address asks for them.
import { DoorClosed } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useMatch, useNavigate, useParams } from 'react-router';
import { Button } from '../../shared/ui/Button';
import { EmptyState } from '../../shared/ui/EmptyState';
import { Faults } from '../../shared/ui/Faults';
import { Loading } from '../../shared/ui/Spinner';
import { useInboxRoom } from './InboxProvider';
import { JoinForm } from './JoinForm';
import { PageBar } from './PageBar';
import styles from './Rooms.module.css';
import { useRoom } from './useRoom';

const RoomPage = lazy(() => import('../messages/RoomPage'));

export function RoomFrame() {
  const { roomId = '' } = useParams();
  const showsDetails = useMatch('/rooms/:roomId/details') !== null;
  return (
    <div className={styles.room}>
      <div className={styles.pane} data-hidden={showsDetails}>
        {/* Drawn anew for each room: nothing of one is another's. */}
        <Pane key={roomId} roomId={roomId} />
      </div>
      <Suspense fallback={null}>
        <Outlet />
      </Suspense>
    </div>
  );
}

function Pane({ roomId }: { roomId: string }) {
  const listed = useInboxRoom(roomId);
  const state = useRoom(roomId);
  const [cameFrom] = useState(() => document.activeElement);
  switch (state.is) {
    case 'loading':
      return listed ? <Messages cameFrom={cameFrom} /> : <Loading />;
    case 'failed':
      return (
        <>
          <PageBar title={listed?.name ?? ''} />
          <div className={styles.inner}>
            <Faults faults={state.faults} onRetry={state.retry} />
          </div>
        </>
      );
    case 'gone':
      return <Gone />;
    case 'there':
      return state.room.viewerRole || state.room.isOpen ? <Messages cameFrom={cameFrom} /> : <JoinForm room={state.room} />;
  }
}

function Messages({ cameFrom }: { cameFrom: Element | null }) {
  return (
    <Suspense fallback={<Loading />}>
      <RoomPage cameFrom={cameFrom} />
    </Suspense>
  );
}

function Gone() {
  const { t } = useTranslation('chat');
  const navigate = useNavigate();
  return (
    <EmptyState
      icon={<DoorClosed />}
      title={t('rooms.gone')}
      actions={<Button onClick={() => void navigate('/')}>{t('rooms.toList')}</Button>}
    >
      {t('rooms.goneText')}
    </EmptyState>
  );
}
