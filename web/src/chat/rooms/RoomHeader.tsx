// The bar above a room's messages: whose room it is, who is in it, and what the pane adds.
import { Info } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useMatch, useNavigate } from 'react-router';
import { IconButton } from '../../shared/ui/Button';
import { usePageTitle } from '../shell/title';
import { otherOf } from './arrivals';
import { useInboxRoom, useViewerId } from './InboxProvider';
import { nameOf } from './names';
import { PageBar } from './PageBar';
import { RoomAvatar } from './RoomAvatar';
import { useRoom } from './useRoom';

/** `here`: how many of the members are online; null while nobody knows. */
export function RoomHeader({ roomId, here = null, children }: { roomId: string; here?: number | null; children?: ReactNode }) {
  const { t } = useTranslation(['chat', 'common']);
  const navigate = useNavigate();
  const viewerId = useViewerId();
  const listed = useInboxRoom(roomId);
  const state = useRoom(roomId);
  const showsDetails = useMatch('/rooms/:roomId/details') !== null;
  const room = state.is === 'there' ? state.room : listed;
  const pair = listed?.pair ?? { nodes: [] };
  const name = room ? nameOf({ ...room, pair }, viewerId, t) : '';
  usePageTitle(name);
  if (!room) return <PageBar title="" />;
  const other = otherOf({ ...room, pair }, viewerId);
  const subtitle = {
    SELF: t('rooms.justYou'),
    DUO: other ? t(`common:presence.${other.presence}`) : t('rooms.someoneGone'),
    GROUP: [t('rooms.members', { count: room.memberCount }), ...(here ? [t('rooms.here', { count: here })] : [])].join(' · '),
  }[room.kind];
  return (
    <PageBar
      title={name}
      subtitle={subtitle}
      picture={<RoomAvatar room={{ ...room, pair }} viewerId={viewerId} />}
    >
      {children}
      <IconButton
        label={showsDetails ? t('rooms.hideDetails') : t('rooms.details')}
        icon={<Info />}
        aria-pressed={showsDetails}
        onClick={() => void navigate(showsDetails ? `/rooms/${roomId}` : `/rooms/${roomId}/details`)}
      />
    </PageBar>
  );
}
