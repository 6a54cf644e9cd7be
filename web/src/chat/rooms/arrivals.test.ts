// @vitest-environment node
// What events do to the list of rooms.
import { describe, expect, it } from 'vitest';
import { apply, type InboxEvent, type InboxMessage, type InboxRoom, inOrder, isNews, type Rooms, unreadOf } from './arrivals';

const ME = 'amber';

function message(seq: number, from = 'boris', text = `no. ${seq}`): InboxMessage {
  const createdAt = new Date(Date.UTC(2026, 0, 1, 0, seq)).toISOString();
  return { id: `m${seq}`, seq, text, createdAt, deletedAt: null, sender: { id: from, displayName: from }, attachments: [] };
}

function room(id: string, lastSeq = 3, { unread = 0, read = lastSeq }: { unread?: number; read?: number } = {}): InboxRoom {
  return {
    id,
    kind: 'GROUP',
    name: id,
    visibility: 'PRIVATE',
    isOpen: false,
    memberCount: 3,
    viewerRole: 'MEMBER',
    createdAt: '2026-01-01T00:00:00.000Z',
    archivedAt: null,
    viewerState: { lastReadSeq: read, unreadCount: unread },
    lastMessage: lastSeq > 0 ? message(lastSeq) : null,
    pair: { nodes: [] },
  };
}

function list(...rooms: InboxRoom[]): Rooms {
  return new Map(rooms.map((each) => [each.id, each]));
}

type Kind = InboxEvent['__typename'];
function event<K extends Kind>(__typename: K, rest: Omit<Extract<InboxEvent, { __typename: K }>, '__typename' | 'cursor' | 'replayed'>): InboxEvent {
  return { __typename, cursor: 'c', replayed: false, ...rest } as unknown as InboxEvent;
}

const added = (roomId: string, sent: InboxMessage) => event('MessageAdded', { roomId, message: sent });

describe('a message that comes', () => {
  it('is the last, counts as unread, and moves its room up', () => {
    const { rooms, stale } = apply(list(room('tea', 3), room('book', 2)), added('book', message(9)), ME);
    expect(inOrder(rooms).map(({ id }) => id)).toEqual(['book', 'tea']);
    expect(rooms.get('book')).toMatchObject({ lastMessage: { seq: 9 }, viewerState: { unreadCount: 1 } });
    expect(stale).toBeNull();
    expect(unreadOf(rooms.values())).toBe(1);
  });

  it('of one’s own is not unread', () => {
    const { rooms } = apply(list(room('tea', 3, { unread: 2, read: 1 })), added('tea', message(4, ME)), ME);
    expect(rooms.get('tea')?.viewerState).toEqual({ unreadCount: 2, lastReadSeq: 1 });
  });

  it('again changes nothing', () => {
    const once = apply(list(room('tea', 3)), added('tea', message(4)), ME).rooms;
    expect(apply(once, added('tea', message(4)), ME).rooms.get('tea')).toBe(once.get('tea'));
    expect(apply(once, added('tea', message(2)), ME).rooms.get('tea')).toBe(once.get('tea'));
  });

  it('that was read on another device already is not unread', () => {
    const { rooms } = apply(list(room('tea', 3, { read: 5 })), added('tea', message(4)), ME);
    expect(rooms.get('tea')?.viewerState?.unreadCount).toBe(0);
  });

  it('to a room that is not in the list has the room read', () => {
    expect(apply(list(room('tea')), added('new', message(1)), ME)).toMatchObject({ stale: 'new' });
  });

  it('to an empty room is its first', () => {
    const { rooms } = apply(list(room('tea', 0)), added('tea', message(1)), ME);
    expect(rooms.get('tea')).toMatchObject({ lastMessage: { seq: 1 }, viewerState: { unreadCount: 1 } });
  });

  it('is news when it is live and someone else’s', () => {
    const live = added('tea', message(4));
    expect(isNews(live, ME)).toBe(true);
    expect(isNews({ ...live, replayed: true }, ME)).toBe(false);
    expect(isNews(added('tea', message(4, ME)), ME)).toBe(false);
    expect(isNews(event('ReadMoved', { roomId: 'tea', user: { id: 'boris' }, lastReadSeq: 4 }), ME)).toBe(false);
  });
});

describe('a message that changes', () => {
  it('shows its new text where it is the last', () => {
    const changed = event('MessageChanged', { roomId: 'tea', message: message(3, 'boris', 'mended') });
    expect(apply(list(room('tea', 3)), changed, ME).rooms.get('tea')?.lastMessage?.text).toBe('mended');
  });

  it('is nothing to the list where it is an older one', () => {
    const rooms = list(room('tea', 3));
    expect(apply(rooms, event('MessageChanged', { roomId: 'tea', message: message(2, 'boris', 'mended') }), ME)).toEqual({ rooms, stale: null });
  });

  it('and is deleted loses its text, keeps its place, and has what is unread counted anew', () => {
    const before = list(room('tea', 3, { unread: 1, read: 2 }));
    const { rooms, stale } = apply(before, event('MessageDeleted', { roomId: 'tea', messageId: 'm3', seq: 3 }), ME);
    expect(rooms.get('tea')?.lastMessage).toMatchObject({ id: 'm3', text: '' });
    expect(rooms.get('tea')?.lastMessage?.deletedAt).not.toBeNull();
    expect(stale).toBe('tea');
  });
});

describe('what was read', () => {
  const moved = (userId: string, lastReadSeq: number) => event('ReadMoved', { roomId: 'tea', user: { id: userId }, lastReadSeq });

  it('to the end leaves nothing unread', () => {
    const { rooms, stale } = apply(list(room('tea', 3, { unread: 3, read: 0 })), moved(ME, 3), ME);
    expect(rooms.get('tea')?.viewerState).toEqual({ unreadCount: 0, lastReadSeq: 3 });
    expect(stale).toBeNull();
  });

  it('in part has the rest counted by the server', () => {
    const { rooms, stale } = apply(list(room('tea', 3, { unread: 3, read: 0 })), moved(ME, 2), ME);
    expect(rooms.get('tea')?.viewerState?.lastReadSeq).toBe(2);
    expect(stale).toBe('tea');
  });

  it('by someone else is nothing to one’s own count', () => {
    const rooms = list(room('tea', 3, { unread: 3, read: 0 }));
    expect(apply(rooms, moved('boris', 3), ME)).toEqual({ rooms, stale: null });
  });
});

describe('who is in a room', () => {
  const person = (id: string) => ({ id, username: id, displayName: id, avatarUrl: null, presence: 'ONLINE' as const });
  const member = (userId: string, role: 'OWNER' | 'MEMBER' | null) => event('MemberChanged', { roomId: 'tea', user: person(userId), role });

  it('and leaves it sees it no more', () => {
    expect(apply(list(room('tea')), member(ME, null), ME).rooms.size).toBe(0);
  });

  it('and comes in has the room read', () => {
    expect(apply(list(), member(ME, 'MEMBER'), ME).stale).toBe('tea');
  });

  it('gets another role at once', () => {
    expect(apply(list(room('tea')), member(ME, 'OWNER'), ME).rooms.get('tea')?.viewerRole).toBe('OWNER');
  });

  it('and is someone else has the members counted anew', () => {
    expect(apply(list(room('tea')), member('boris', null), ME)).toMatchObject({ stale: 'tea' });
  });
});

describe('a room', () => {
  it('that changes is taken as it is now', () => {
    const changed = event('RoomChanged', { roomId: 'tea', room: { ...room('tea'), name: 'Tea at six' } });
    expect(apply(list(room('tea')), changed, ME).rooms.get('tea')?.name).toBe('Tea at six');
  });

  it('that is gone, or that one is no member of, is not in the list', () => {
    expect(apply(list(room('tea')), event('RoomChanged', { roomId: 'tea', room: null }), ME).rooms.size).toBe(0);
    const left = event('RoomChanged', { roomId: 'tea', room: { ...room('tea'), viewerRole: null } });
    expect(apply(list(room('tea')), left, ME).rooms.size).toBe(0);
  });

  it('without messages stands where it began', () => {
    const old = { ...room('old', 0), createdAt: '2025-12-31T00:00:00.000Z' };
    const fresh = { ...room('fresh', 0), createdAt: '2026-02-01T00:00:00.000Z' };
    expect(inOrder(list(old, room('tea', 3), fresh)).map(({ id }) => id)).toEqual(['fresh', 'tea', 'old']);
  });
});

it('events about the whole inbox change no room', () => {
  const rooms = list(room('tea'));
  expect(apply(rooms, event('SubscriptionStarted', { roomId: null }), ME)).toEqual({ rooms, stale: null });
});
