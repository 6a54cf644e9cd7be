// The rooms that one is in, kept up to date by one subscription. It is loaded whole, so that sorting, searching and counting
// what is unread happen here, at once; and what has come while the server was being asked is not lost.
import type { Client, OperationResult } from '@urql/core';
import { type Fault, faultsOf } from '../../shared/api/faults';
import type { InboxPageQuery, InboxPageQueryVariables } from '../../shared/gql/chat/graphql';
import { apply, type InboxEvent, type InboxMessage, type InboxRoom, inOrder, isNews, otherOf, type Rooms, unreadOf } from './arrivals';
import { InboxEvents, InboxPage, InboxRooms, Presences } from './documents';

export interface InboxState {
  readonly rooms: Rooms;
  /** The most recent first. */
  readonly sorted: readonly InboxRoom[];
  /** Messages of others that were not read, in all rooms. */
  readonly unread: number;
  /** Whether there is anything to show yet. */
  readonly isLoaded: boolean;
  /** Why nothing could be loaded. */
  readonly faults: readonly Fault[];
}

export type NewsListener = (room: InboxRoom, message: InboxMessage) => void;

const FIRST_PAGE = 40;
const LATER_PAGES = 100;
/** The server takes this many ids at once, and has to say as much of each. */
const FETCHED_AT_ONCE = 50;
/** Events come in bursts; what they ask for is asked once. */
const FETCH_AFTER_MS = 150;
/** Several changes are drawn once. */
const TELL_AFTER_MS = 20;
const PRESENCE_EVERY_MS = 30_000;
const PRESENCE_OF = 50;
const RELOAD_AFTER_MS = 5_000;
const LOOK_EVERY_MS = 15_000;

export class Inbox {
  #state: InboxState = { rooms: new Map(), sorted: [], unread: 0, isLoaded: false, faults: [] };
  #rooms: Rooms = new Map();
  #stop: (() => void) | null = null;
  /** Rooms that events have touched since the load under way began. */
  #touched = new Set<string>();
  #stale = new Set<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #loads = 0;
  readonly #listeners = new Set<() => void>();
  readonly #news = new Set<NewsListener>();

  constructor(
    private readonly client: Client,
    readonly viewerId: string,
  ) {}

  get state(): InboxState {
    return this.#state;
  }

  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Messages of others as they come live; not what was missed. */
  onNews(listener: NewsListener): () => void {
    this.#news.add(listener);
    return () => this.#news.delete(listener);
  }

  start(): void {
    this.stop();
    const presence = setInterval(() => document.visibilityState === 'visible' && void this.#readPresence(), PRESENCE_EVERY_MS);
    const unfollow = this.#follow();
    this.#stop = () => {
      clearInterval(presence);
      unfollow();
    };
    void this.reload();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
    this.#loads++;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Reads a room anew, soon; also one that is not in the list yet. */
  refresh(roomId: string): void {
    this.#stale.add(roomId);
    this.#later('fetch', FETCH_AFTER_MS, () => this.#fetchStale());
  }

  /** Reads the whole list anew. What is there stays on the screen meanwhile. */
  async reload(): Promise<void> {
    const load = ++this.#loads;
    this.#touched = new Set();
    const seen = new Set<string>();
    let after: string | null = null;
    do {
      const variables: InboxPageQueryVariables = { first: after === null ? FIRST_PAGE : LATER_PAGES, after };
      const answer: OperationResult<InboxPageQuery> = await this.client
        .query(InboxPage, variables, { requestPolicy: 'network-only' })
        .toPromise();
      const { data, error } = answer;
      if (load !== this.#loads) return;
      if (!data) {
        if (error) this.#fail(faultsOf(error));
        return;
      }
      for (const room of data.rooms.nodes) {
        seen.add(room.id);
        this.#take(room);
      }
      this.#tell({ isLoaded: true, faults: [] });
      const { hasNextPage, endCursor } = data.rooms.pageInfo;
      after = hasNextPage ? endCursor : null;
    } while (after !== null);
    const gone = [...this.#rooms.keys()].filter((id) => !seen.has(id) && !this.#touched.has(id));
    if (gone.length > 0) this.#rooms = new Map([...this.#rooms].filter(([id]) => !gone.includes(id)));
    this.#tell();
  }

  #follow(): () => void {
    let hasStarted = false;
    const following = {
      ended: ({ code }: { code: string }) => {
        // Cursors of a database that is no more: everything is read anew, and followed from now on.
        if (code === 'CURSOR_EXPIRED') this.start();
        // Whoever is in more rooms than the server follows at once sees the list move now and then.
        else if (code !== 'UNAUTHENTICATED' && code !== 'CLOSED') this.#look();
      },
    };
    const { unsubscribe } = this.client.subscription(InboxEvents, {}, { following }).subscribe(({ data }) => {
      if (!data) return;
      this.take(data.inboxEvents);
      // What came between the first load and here was told to nobody.
      if (!hasStarted) void this.reload();
      hasStarted = true;
    });
    return unsubscribe;
  }

  /** Reads the newest rooms every so often, where nothing tells of them. */
  #look(): void {
    this.#later('look', LOOK_EVERY_MS, async () => {
      const variables = { first: FIRST_PAGE, after: null };
      const { data } = await this.client.query(InboxPage, variables, { requestPolicy: 'network-only' }).toPromise();
      if (!this.#stop) return;
      for (const room of data?.rooms.nodes ?? []) this.#take(room);
      this.#tell();
      this.#look();
    });
  }

  /** Takes in one event. */
  take(event: InboxEvent): void {
    if (event.roomId) this.#touched.add(event.roomId);
    const { rooms, stale } = apply(this.#rooms, event, this.viewerId);
    this.#rooms = rooms;
    if (stale) this.refresh(stale);
    this.#later('tell', TELL_AFTER_MS, () => this.#tell());
    const room = event.roomId ? rooms.get(event.roomId) : undefined;
    if (room && isNews(event, this.viewerId)) for (const listener of this.#news) listener(room, event.message);
  }

  async #fetchStale(): Promise<void> {
    const ids = [...this.#stale].slice(0, FETCHED_AT_ONCE);
    for (const id of ids) this.#stale.delete(id);
    const { data } = await this.client.query(InboxRooms, { ids }, { requestPolicy: 'network-only' }).toPromise();
    if (!this.#stop) return;
    if (!data) {
      // The next success brings them; without one the list says what is wrong with the connection.
      for (const id of ids) this.#stale.add(id);
      this.#later('fetch', RELOAD_AFTER_MS, () => this.#fetchStale());
      return;
    }
    data.nodes.forEach((node, index) => {
      const id = ids[index];
      if (node?.__typename === 'Room' && node.viewerRole) this.#take(node);
      else if (id !== undefined) this.#drop(id);
    });
    this.#tell();
    if (this.#stale.size > 0) this.#later('fetch', FETCH_AFTER_MS, () => this.#fetchStale());
  }

  /** Takes a room as the server has just told it, unless an event has overtaken the answer. */
  #take(room: InboxRoom): void {
    const known = this.#rooms.get(room.id);
    if (known && (known.lastMessage?.seq ?? 0) > (room.lastMessage?.seq ?? 0)) {
      this.refresh(room.id);
      return;
    }
    this.#rooms = new Map(this.#rooms).set(room.id, room);
  }

  #drop(roomId: string): void {
    this.#rooms = new Map([...this.#rooms].filter(([id]) => id !== roomId));
  }

  async #readPresence(): Promise<void> {
    const others = this.#state.sorted.flatMap((room) => otherOf(room, this.viewerId)?.id ?? []);
    if (others.length === 0) return;
    const ids = others.slice(0, PRESENCE_OF);
    const { data } = await this.client.query(Presences, { ids }, { requestPolicy: 'network-only' }).toPromise();
    if (!this.#stop || !data) return;
    const now = new Map(data.nodes.flatMap((node) => (node?.__typename === 'User' ? [[node.id, node.presence]] : [])));
    this.#rooms = new Map(
      [...this.#rooms].map(([id, room]) => {
        const nodes = room.pair.nodes.map((person) => ({ ...person, presence: now.get(person.id) ?? person.presence }));
        return [id, room.kind === 'DUO' ? { ...room, pair: { ...room.pair, nodes } } : room];
      }),
    );
    this.#tell();
  }

  #fail(faults: readonly Fault[]): void {
    this.#tell({ faults });
    this.#later('reload', RELOAD_AFTER_MS, () => this.reload());
  }

  #later(name: string, afterMs: number, run: () => unknown): void {
    if (this.#timers.has(name)) return;
    const fire = () => {
      this.#timers.delete(name);
      void run();
    };
    this.#timers.set(name, setTimeout(fire, afterMs));
  }

  #tell(change: Partial<InboxState> = {}): void {
    const rooms = this.#rooms;
    const isSame = rooms === this.#state.rooms;
    const sorted = isSame ? this.#state.sorted : inOrder(rooms);
    const unread = isSame ? this.#state.unread : unreadOf(rooms.values());
    this.#state = { ...this.#state, ...change, rooms, sorted, unread };
    for (const listener of this.#listeners) listener();
  }
}
