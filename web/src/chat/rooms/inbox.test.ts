// The inbox against a server of the test's own: what is loaded, what comes meanwhile, what is read anew.
import type { Client } from '@urql/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InboxEvent, InboxRoom } from './arrivals';
import { InboxEvents, InboxPage, InboxRooms } from './documents';
import { Inbox } from './inbox';

const ME = 'amber';

function room(id: string, lastSeq = 1, unread = 0): InboxRoom {
  const createdAt = new Date(Date.UTC(2026, 0, 1, 0, lastSeq)).toISOString();
  return {
    id,
    kind: 'GROUP',
    name: id,
    visibility: 'PRIVATE',
    isOpen: false,
    memberCount: 2,
    viewerRole: 'MEMBER',
    createdAt,
    archivedAt: null,
    viewerState: { lastReadSeq: lastSeq - unread, unreadCount: unread },
    lastMessage: { id: `${id}${lastSeq}`, seq: lastSeq, text: 'x', createdAt, deletedAt: null, sender: { id: 'boris', displayName: 'Boris' }, attachments: [] },
    pair: { nodes: [] },
  };
}

/** Answers from `pages`, and from `rooms` by id; events go in by `tell`. */
class FakeServer {
  pages: InboxRoom[][] = [[]];
  rooms = new Map<string, InboxRoom>();
  isDown = false;
  readonly asked: { document: unknown; variables: Record<string, unknown> }[] = [];
  /** Runs while a query is under way. */
  meanwhile: () => void = () => {};
  tell: (event: InboxEvent) => void = () => {};
  ended: (end: { code: string }) => void = () => {};
  followed = 0;

  readonly client = {
    query: (document: unknown, variables: Record<string, unknown>) => ({
      toPromise: async () => {
        this.asked.push({ document, variables });
        const answer = this.#answer(document, variables);
        await Promise.resolve();
        this.meanwhile();
        return answer;
      },
    }),
    subscription: (document: unknown, _variables: unknown, context: { following: { ended: (end: { code: string }) => void } }) => ({
      subscribe: (take: (result: unknown) => void) => {
        expect(document).toBe(InboxEvents);
        this.followed++;
        this.ended = context.following.ended;
        this.tell = (event) => take({ data: { inboxEvents: event } });
        return { unsubscribe: () => {} };
      },
    }),
  } as unknown as Client;

  #answer(document: unknown, variables: Record<string, unknown>): unknown {
    if (this.isDown) return { error: { graphQLErrors: [], networkError: new Error('down') } };
    if (document === InboxPage) {
      const page = Number(variables.after ?? 0);
      const hasNextPage = page + 1 < this.pages.length;
      return { data: { rooms: { nodes: this.pages[page], pageInfo: { hasNextPage, endCursor: String(page + 1) } } } };
    }
    if (document === InboxRooms) {
      const ids = variables.ids as string[];
      return { data: { nodes: ids.map((id) => (this.rooms.has(id) ? { __typename: 'Room', ...this.rooms.get(id) } : null)) } };
    }
    throw new Error('asked for something else');
  }
}

const STARTED = { __typename: 'SubscriptionStarted', cursor: 'c', replayed: false, roomId: null } as InboxEvent;

let server: FakeServer;
let inbox: Inbox;

function names(): string[] {
  return inbox.state.sorted.map(({ id }) => id);
}

function added(roomId: string, seq: number, replayed = false): InboxEvent {
  const createdAt = new Date(Date.UTC(2026, 0, 1, 0, seq)).toISOString();
  const message = { id: `${roomId}${seq}`, seq, text: 'new', createdAt, deletedAt: null, sender: { id: 'boris', displayName: 'Boris' }, attachments: [] };
  return { __typename: 'MessageAdded', cursor: 'c', replayed, roomId, message };
}

const settle = () => vi.advanceTimersByTimeAsync(1_000);

/** Loaded, and following. */
async function begin(...pages: InboxRoom[][]): Promise<void> {
  server.pages = pages.length > 0 ? pages : [[]];
  inbox.start();
  server.tell(STARTED);
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  inbox = new Inbox(server.client, ME);
});

afterEach(() => {
  inbox.stop();
  vi.useRealTimers();
});

describe('the inbox', () => {
  it('is loaded whole, page by page, the most recent first', async () => {
    server.pages = [[room('c', 9), room('b', 5)], [room('a', 1, 1)]];
    inbox.start();
    await settle();
    expect(names()).toEqual(['c', 'b', 'a']);
    expect(inbox.state).toMatchObject({ isLoaded: true, unread: 1, faults: [] });
  });

  it('is read once more when the subscription has begun, and only then', async () => {
    server.pages = [[room('a')]];
    inbox.start();
    await settle();
    const before = server.asked.length;
    server.tell(STARTED);
    await settle();
    expect(server.asked.length).toBe(before + 1);
    server.tell(added('a', 2));
    await settle();
    expect(server.asked.length).toBe(before + 1);
  });

  it('keeps what has come while an older answer was on its way', async () => {
    await begin([room('a', 1)]);
    server.rooms.set('a', room('a', 2, 1));
    server.meanwhile = () => {
      server.meanwhile = () => {};
      server.tell(added('a', 2));
    };
    await inbox.reload();
    await settle();
    expect(inbox.state.rooms.get('a')).toMatchObject({ lastMessage: { seq: 2 }, viewerState: { unreadCount: 1 } });
  });

  it('loses the rooms that a new reading no longer has, but not those that came meanwhile', async () => {
    await begin([room('a'), room('b')]);
    server.pages = [[room('a')]];
    server.rooms.set('new', room('new', 7));
    server.meanwhile = () => {
      server.meanwhile = () => {};
      server.tell({ __typename: 'RoomChanged', cursor: 'c', replayed: false, roomId: 'new', room: room('new', 7) } as InboxEvent);
    };
    await inbox.reload();
    await settle();
    expect(names()).toEqual(['new', 'a']);
  });

  it('asks once for all rooms that a burst of events made stale', async () => {
    await begin();
    server.asked.length = 0;
    for (const id of ['x', 'y', 'z']) server.rooms.set(id, room(id));
    for (const id of ['x', 'y', 'x', 'z', 'gone']) server.tell(added(id, 1));
    await settle();
    const asked = server.asked.filter(({ document }) => document === InboxRooms);
    expect(asked.map(({ variables }) => variables.ids)).toEqual([['x', 'y', 'z', 'gone']]);
    expect(names().sort()).toEqual(['x', 'y', 'z']);
  });

  it('tells of news, and not of what is replayed or one’s own', async () => {
    await begin([room('a')]);
    const heard: number[] = [];
    inbox.onNews((_room, message) => heard.push(message.seq));
    server.tell(added('a', 2));
    server.tell(added('a', 3, true));
    const own = added('a', 4);
    server.tell({ ...own, message: { ...(own as Extract<InboxEvent, { __typename: 'MessageAdded' }>).message, sender: { id: ME, displayName: 'Amber' } } } as InboxEvent);
    expect(heard).toEqual([2]);
  });

  it('tells its listeners once of a burst', async () => {
    await begin([room('a')]);
    const heard = vi.fn();
    inbox.onChange(heard);
    for (let seq = 2; seq < 52; seq++) server.tell(added('a', seq));
    expect(heard).not.toHaveBeenCalled();
    await settle();
    expect(heard.mock.calls.length).toBeLessThanOrEqual(2);
    expect(inbox.state.unread).toBe(50);
  });

  it('says why nothing is there, and tries again by itself', async () => {
    server.isDown = true;
    inbox.start();
    await settle();
    expect(inbox.state).toMatchObject({ isLoaded: false, faults: [{ code: 'NETWORK' }] });
    server.isDown = false;
    server.pages = [[room('a')]];
    await vi.advanceTimersByTimeAsync(6_000);
    expect(inbox.state).toMatchObject({ isLoaded: true, faults: [] });
  });

  it('follows anew when the server no longer knows the cursor', async () => {
    await begin([room('a')]);
    server.pages = [[room('b')]];
    server.ended({ code: 'CURSOR_EXPIRED' });
    await settle();
    expect(server.followed).toBe(2);
    expect(names()).toEqual(['b']);
  });

  it('looks at the newest rooms now and then where the server does not follow so many', async () => {
    await begin([room('a')]);
    server.ended({ code: 'QUERY_TOO_COMPLEX' });
    server.pages = [[room('b', 5), room('a')]];
    await vi.advanceTimersByTimeAsync(16_000);
    expect(names()).toEqual(['b', 'a']);
    server.pages = [[room('a', 9), room('b', 5)]];
    await vi.advanceTimersByTimeAsync(16_000);
    expect(names()).toEqual(['a', 'b']);
    inbox.stop();
    const asked = server.asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.asked.length).toBe(asked);
  });

  it('that was stopped takes nothing in any more', async () => {
    server.pages = [[room('a')]];
    inbox.start();
    inbox.stop();
    await settle();
    expect(inbox.state.isLoaded).toBe(false);
  });
});
