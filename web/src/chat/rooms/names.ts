// What a room is called. The server names rooms without a name of their own after all their members; the one who looks at
// the page need not be told who they are.
import type { TFunction } from 'i18next';
import { type InboxRoom, otherOf } from './arrivals';

export function nameOf(room: Pick<InboxRoom, 'kind' | 'name' | 'pair'>, viewerId: string, t: TFunction<'chat'>): string {
  if (room.kind === 'SELF') return t('create.self');
  if (room.kind === 'GROUP') return room.name;
  return otherOf(room, viewerId)?.displayName ?? t('rooms.someoneGone');
}
