// What an event of the inbox does to the list of rooms: a pure function, so that each case can be tried without a server.
import type { InboxEventsSubscription, InboxMessageFragment, InboxRoomFragment } from '../../shared/gql/chat/graphql';

export type InboxRoom = InboxRoomFragment;
export type InboxMessage = InboxMessageFragment;
export type InboxEvent = InboxEventsSubscription['inboxEvents'];

/** Rooms by id. Replaced, never changed. */
export type Rooms = ReadonlyMap<string, InboxRoom>;

export interface Effect {
  readonly rooms: Rooms;
  /** A room of which the event does not tell enough: read it anew. */
  readonly stale: string | null;
}

export function apply(rooms: Rooms, event: InboxEvent, viewerId: string): Effect {
  const unchanged: Effect = { rooms, stale: null };
  const { roomId } = event;
  if (!roomId) return unchanged;
  const room = rooms.get(roomId);
  switch (event.__typename) {
    case 'RoomChanged':
      // A public room that one has left can still be seen, but is not in one's list.
      return { rooms: event.room?.viewerRole ? set(rooms, event.room) : without(rooms, roomId), stale: null };
    case 'MemberChanged':
      if (event.user.id === viewerId && event.role === null) return { rooms: without(rooms, roomId), stale: null };
      if (!room || event.user.id !== viewerId) return { rooms, stale: roomId };
      return { rooms: set(rooms, { ...room, viewerRole: event.role }), stale: null };
    case 'MessageAdded':
      return room ? { rooms: set(rooms, withMessage(room, event.message, viewerId)), stale: null } : { rooms, stale: roomId };
    case 'MessageChanged':
      if (room?.lastMessage?.id !== event.message.id) return unchanged;
      return { rooms: set(rooms, { ...room, lastMessage: event.message }), stale: null };
    case 'MessageDeleted':
      // It may have been one that was not read yet.
      return room ? { rooms: set(rooms, withoutMessage(room, event.messageId)), stale: roomId } : unchanged;
    case 'ReadMoved':
      return room && event.user.id === viewerId ? readTo(rooms, room, event.lastReadSeq) : unchanged;
    default:
      return unchanged;
  }
}

/** Whether the event is a message of someone else that has just come. */
export function isNews(event: InboxEvent, viewerId: string): event is Extract<InboxEvent, { __typename: 'MessageAdded' }> {
  return event.__typename === 'MessageAdded' && !event.replayed && event.message.sender?.id !== viewerId;
}

/** The most recent first, as the server has it; ids break ties so that nothing jumps. */
export function inOrder(rooms: Rooms): InboxRoom[] {
  return [...rooms.values()].sort((a, b) => lastAt(b).localeCompare(lastAt(a)) || a.id.localeCompare(b.id));
}

export function lastAt(room: InboxRoom): string {
  return room.lastMessage?.createdAt ?? room.createdAt;
}

export function unreadOf(rooms: Iterable<InboxRoom>): number {
  let sum = 0;
  for (const room of rooms) sum += room.viewerState?.unreadCount ?? 0;
  return sum;
}

/** The other one of a DUO room; undefined in other rooms, and when that account is gone. */
export function otherOf(room: Pick<InboxRoom, 'kind' | 'pair'>, viewerId: string): InboxRoom['pair']['nodes'][number] | undefined {
  return room.kind === 'DUO' ? room.pair.nodes.find(({ id }) => id !== viewerId) : undefined;
}

function withMessage(room: InboxRoom, message: InboxMessage, viewerId: string): InboxRoom {
  if (message.seq <= (room.lastMessage?.seq ?? 0)) return room;
  const { viewerState } = room;
  const isUnread = viewerState && message.sender?.id !== viewerId && message.seq > viewerState.lastReadSeq;
  return {
    ...room,
    lastMessage: message,
    viewerState: isUnread ? { ...viewerState, unreadCount: viewerState.unreadCount + 1 } : viewerState,
  };
}

function withoutMessage(room: InboxRoom, messageId: string): InboxRoom {
  if (room.lastMessage?.id !== messageId) return room;
  const deletedAt = room.lastMessage.deletedAt ?? new Date().toISOString();
  return { ...room, lastMessage: { ...room.lastMessage, text: '', attachments: [], deletedAt } };
}

function readTo(rooms: Rooms, room: InboxRoom, lastReadSeq: number): Effect {
  if (!room.viewerState) return { rooms, stale: room.id };
  const isAllRead = lastReadSeq >= (room.lastMessage?.seq ?? 0);
  const unreadCount = isAllRead ? 0 : room.viewerState.unreadCount;
  const read = set(rooms, { ...room, viewerState: { ...room.viewerState, lastReadSeq, unreadCount } });
  return { rooms: read, stale: isAllRead ? null : room.id };
}

function set(rooms: Rooms, room: InboxRoom): Rooms {
  return new Map(rooms).set(room.id, room);
}

function without(rooms: Rooms, roomId: string): Rooms {
  if (!rooms.has(roomId)) return rooms;
  const fewer = new Map(rooms);
  fewer.delete(roomId);
  return fewer;
}
