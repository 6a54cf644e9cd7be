// A room's picture: the other one's in a DUO room, a sign for the others.
import { NotebookPen } from 'lucide-react';
import { Avatar } from '../../shared/ui/Avatar';
import { type InboxRoom, otherOf } from './arrivals';

export function RoomAvatar({ room, viewerId, size }: { room: Pick<InboxRoom, 'id' | 'kind' | 'name' | 'pair'>; viewerId: string; size?: number }) {
  const other = otherOf(room, viewerId);
  if (other) return <Avatar id={other.id} name={other.displayName} url={other.avatarUrl} presence={other.presence} size={size} />;
  const icon = room.kind === 'SELF' ? <NotebookPen /> : undefined;
  return <Avatar id={room.id} name={room.name} icon={icon} shape={room.kind === 'DUO' ? 'person' : 'room'} size={size} />;
}
