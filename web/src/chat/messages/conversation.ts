// One room as the pane shows it: what is held of it, kept right by its feed, and what is asked of the server as the reader
// moves. Its changes are told once a frame, however many there are. It draws nothing.
import type { Fault } from '../../shared/api/faults';
import type { State } from '@tertulia/resume';
import type { FollowRoomSubscription, OpenRoomQuery } from '../../shared/gql/chat/graphql';
import type { Outbox, Unsent } from '../composer/outbox';
import { NextFrame } from './frame';
import { Marks } from './marks';
import { type Message, type Page, type Person, type Room, placed, rangeOf, reacting, shape } from './message';
import { Reading, type Sight } from './reading';
import type { Answered, Changed, Remote } from './remote';
import { Timeline, type View } from './timeline';

export type Phase =
  | { readonly is: 'loading' }
  | { readonly is: 'open' }
  | { readonly is: 'failed'; readonly fault: Fault }
  /** The room is not there, or no longer for this person to see. */
  | { readonly is: 'gone' };

/** A message to bring into sight. */
export interface Target {
  /** Infinite for the end of the room. */
  readonly seq: number;
  /** What was looked for is shown by a flash; what a room opens at is not. */
  readonly isFound: boolean;
}

export interface Snapshot {
  readonly phase: Phase;
  readonly room: Room | null;
  readonly view: View<Message>;
  readonly unsent: readonly Unsent[];
  /** The last message before those that are new to the reader; null when none are. */
  readonly newAfter: number | null;
  readonly readSeq: number;
  readonly marks: ReadonlyMap<number, readonly Person[]>;
  readonly target: Target | null;
  readonly loading: 'older' | 'newer' | 'place' | null;
  /** Why a page could not be had. */
  readonly pageFault: Fault | null;
  readonly feed: State;
}

type Shown = Pick<Snapshot, 'phase' | 'room' | 'newAfter' | 'target' | 'loading' | 'pageFault' | 'feed'>;
type Opened = NonNullable<OpenRoomQuery['room']>;

const PAGE = 50;
/** More than this is not replayed: the room is loaded again. */
const BACKLOG_MAX = 1_000;
/** So many messages are held; of twice as many, the farthest are let go. */
const HELD = 1_000;
const MARKS_MAX = 200;
const CLOSED: Shown = {
  phase: { is: 'loading' },
  room: null,
  newAfter: null,
  target: null,
  loading: null,
  pageFault: null,
  feed: { is: 'connecting' },
};

export class Conversation {
  readonly timeline = new Timeline<Message>(shape);
  readonly reading = new Reading((seq) => this.remote.markRead(this.roomId, seq));
  readonly #marks: Marks<Person>;
  readonly #frame = new NextFrame(() => this.#publish());
  readonly #listeners = new Set<() => void>();
  readonly #arrivals = new Set<(message: Message) => void>();
  #shown = CLOSED;
  #snapshot: Snapshot;
  #stops: (() => void)[] = [];
  #cursor: string | null = null;
  /** Counts, so that what an earlier opening asked for does not move the reader of a later one. */
  #opening = 0;

  constructor(
    readonly roomId: string,
    readonly viewerId: string,
    private readonly remote: Remote,
    private readonly outbox: Outbox,
  ) {
    this.#marks = new Marks(viewerId);
    this.#snapshot = this.#compose();
  }

  /** The same object until a frame in which something changed. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  get isOpen(): boolean {
    return this.#stops.length > 0;
  }

  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Calls for each message of others that arrives live. */
  onArrival(listener: (message: Message) => void): () => void {
    this.#arrivals.add(listener);
    return () => this.#arrivals.delete(listener);
  }

  /** Shows the room, at a message where one is named and is there, and follows it until `close`. */
  open(messageId: string | null = null, onMissing?: () => void): void {
    this.close();
    this.#stops.push(this.outbox.onChange(() => this.#frame.ask()));
    this.timeline.show('newest');
    const { phase, room } = this.#shown;
    this.#set({ ...CLOSED, phase: phase.is === 'open' ? phase : CLOSED.phase, room });
    void this.#start(messageId, onMissing);
  }

  /** Follows the room no more. What is held stays, to be gone on with. */
  close(): void {
    this.#opening += 1;
    for (const stop of this.#stops.splice(0)) stop();
    this.reading.stop();
    this.#frame.stop();
  }

  async older(): Promise<void> {
    const { range, hasOlder } = this.timeline.view;
    const before = range && this.timeline.ends(range).first;
    if (!hasOlder || !range || !before || this.#shown.loading) return;
    await this.#page('older', this.remote.older(this.roomId, before, PAGE), { before: range.from });
  }

  async newer(): Promise<void> {
    const { range, hasNewer } = this.timeline.view;
    const after = range && this.timeline.ends(range).last;
    if (!hasNewer || !range || !after || this.#shown.loading) return;
    await this.#page('newer', this.remote.newer(this.roomId, after, PAGE), { after: range.to });
  }

  /** Brings a message into sight, wherever it is. Gives whether it is there; null where that could not be found out. */
  async find(messageId: string): Promise<boolean | null> {
    const opening = this.#opening;
    let found = this.timeline.get(messageId);
    if (!found) {
      const page = await this.#page('place', this.remote.around(this.roomId, { messageId }, PAGE));
      found = page?.edges.find(({ node }) => node.id === messageId)?.node;
    }
    if (opening !== this.#opening) return null;
    if (!found) return this.#shown.pageFault ? null : false;
    this.timeline.show(found.seq);
    this.#set({ target: { seq: found.seq, isFound: true } });
    return true;
  }

  /** Brings a place in the room into sight, by number. */
  async goTo(seq: number): Promise<void> {
    const opening = this.#opening;
    if (!this.timeline.show(seq)) await this.#page('place', this.remote.around(this.roomId, { seq }, PAGE));
    if (opening === this.#opening) this.#set({ target: { seq, isFound: false } });
  }

  /** Brings the end of the room into sight. */
  async goToEnd(): Promise<void> {
    const opening = this.#opening;
    this.timeline.show('newest');
    const { hasNewer, range } = this.timeline.view;
    if (hasNewer || !range) await this.#page('place', this.remote.newest(this.roomId, PAGE));
    if (opening === this.#opening) this.#set({ target: { seq: Number.POSITIVE_INFINITY, isFound: false } });
  }

  /** The target has been brought into sight. */
  reached(target: Target): void {
    if (this.#shown.target === target) this.#set({ target: null });
  }

  /** Tells what the list shows. */
  shows(sight: Sight): void {
    this.reading.shows(sight);
  }

  /** Something was written here: what was new is so no longer. */
  wrote(): void {
    this.#set({ newAfter: null });
    void this.goToEnd();
  }

  edit(messageId: string, text: string): Promise<readonly Fault[]> {
    return this.#change(this.remote.edit(messageId, text));
  }

  remove(messageId: string): Promise<readonly Fault[]> {
    return this.#change(this.remote.remove(messageId));
  }

  async react(messageId: string, emoji: string, on: boolean): Promise<readonly Fault[]> {
    const takeBack = this.timeline.wish(messageId, (message) => reacting(message, emoji, on));
    this.#frame.ask();
    const faults = await this.#change(this.remote.react(messageId, emoji, on));
    takeBack();
    this.#frame.ask();
    return faults;
  }

  /** Draws what was changed in the timeline from outside. */
  touched(): void {
    this.#frame.ask();
  }

  async #start(messageId: string | null, onMissing?: () => void): Promise<void> {
    const opening = this.#opening;
    const opened = await this.#load();
    if (opening !== this.#opening) return;
    // What is held from before is brought up to date from where it was left, whenever the server can be reached.
    const after = this.#cursor ?? opened?.headCursor;
    if (after) this.#follow(after);
    if (!opened) return;
    void this.#readMarks();
    const isFound = messageId === null ? null : await this.find(messageId);
    if (opening !== this.#opening || isFound === true) return;
    this.#openAtNew(opened);
    if (isFound === false) onMissing?.();
  }

  /** The newest page and what stands above it; null where it cannot be had, which the phase tells. */
  async #load(): Promise<Opened | null> {
    const asked = this.timeline.asks();
    const answer = await this.remote.open(this.roomId, PAGE);
    if ('fault' in answer) {
      this.timeline.done(asked);
      // What is held can be read all the same.
      if (this.#shown.phase.is !== 'open') this.#set({ phase: { is: 'failed', fault: answer.fault } });
      return null;
    }
    const { room } = answer;
    if (room) {
      const { messages, viewerState, headCursor: _, ...parts } = room;
      this.timeline.page(asked, rangeOf(messages), placed(messages));
      this.timeline.reaches(messages.totalCount);
      // What one wrote oneself, and nobody since, is nothing new.
      const readSeq = viewerState?.unreadCount === 0 ? messages.totalCount : viewerState?.lastReadSeq;
      this.reading.movedTo(readSeq ?? Number.POSITIVE_INFINITY);
      this.#set({ phase: { is: 'open' }, room: parts });
    } else {
      this.#set({ phase: { is: 'gone' }, room: null });
    }
    this.timeline.done(asked);
    return room ?? null;
  }

  /** Where there is something new, the room opens at its beginning. */
  #openAtNew({ viewerState }: Opened): void {
    if (!viewerState || viewerState.unreadCount === 0) {
      this.#set({ target: { seq: Number.POSITIVE_INFINITY, isFound: false } });
      return;
    }
    this.#set({ newAfter: viewerState.lastReadSeq });
    void this.goTo(viewerState.lastReadSeq + 1);
  }

  #follow(after: string): void {
    this.#cursor = after;
    const following = this.remote.follow(this.roomId, after, {
      next: ({ roomEvents: event }) => {
        this.#cursor = event.cursor;
        this.#take(event);
      },
      // What could not be had before can be tried again.
      state: (feed) => this.#set(feed.is === 'live' ? { feed, pageFault: null } : { feed }),
      reset: async () => {
        this.timeline.reset();
        return (await this.#load())?.headCursor;
      },
      ended: ({ code, message }) => {
        const isGone = ['NOT_FOUND', 'NOT_A_MEMBER', 'FORBIDDEN'].includes(code);
        const fault = { code, message, field: null, retryAfterMs: null, requestId: null };
        this.#set(isGone ? { phase: { is: 'gone' }, room: null } : { phase: { is: 'failed', fault } });
      },
    });
    this.#stops.push(() => following.stop());
  }

  /** Too much was missed to replay it: everything is loaded anew, and the reader goes back to where they were. */
  #again(): void {
    const sight = this.reading.sight;
    const reader = sight?.atEnd ? undefined : this.timeline.view.messages.find(({ seq }) => seq >= (sight?.middle ?? Number.POSITIVE_INFINITY));
    this.#cursor = null;
    this.timeline.reset();
    this.open(reader?.id ?? null);
  }

  #take(event: FollowRoomSubscription['roomEvents']): void {
    switch (event.__typename) {
      case 'SubscriptionStarted':
        if (event.backlog > BACKLOG_MAX) this.#again();
        return;
      case 'MessageAdded':
        this.#arrive(event.cursor, event.message, event.replayed);
        break;
      case 'MessageChanged':
        this.timeline.became(event.message);
        break;
      case 'MessageDeleted':
        this.timeline.deleted(event.messageId, event.seq, event.at);
        break;
      case 'HistoryTrimmed':
        this.timeline.trimmed({ from: event.fromSeq, to: event.toSeq });
        break;
      case 'ReadMoved':
        this.#marks.moved(event.user, event.lastReadSeq);
        if (event.user.id === this.viewerId) this.reading.movedTo(event.lastReadSeq);
        break;
      case 'MemberChanged':
        if (event.role === null) this.#marks.gone(event.user.id);
        break;
      case 'RoomChanged':
        if (event.room) this.#set({ room: event.room });
        break;
      case 'CaughtUp':
        return;
    }
    this.#frame.ask();
  }

  #arrive(cursor: string, message: Message, replayed: boolean): void {
    const isNews = message.seq > this.timeline.newest;
    this.timeline.added({ cursor, message });
    if (message.clientMessageId !== null) this.outbox.arrived(message.clientMessageId);
    if (!isNews || message.sender?.id === this.viewerId) return;
    // Whoever does not look finds a line above what came meanwhile.
    const before = message.seq - 1;
    if (!this.reading.attends && (this.#shown.newAfter === null || this.reading.readSeq >= before)) this.#set({ newAfter: before });
    if (!replayed) for (const arrival of this.#arrivals) arrival(message);
  }

  async #page(
    loading: NonNullable<Snapshot['loading']>,
    answering: Promise<Answered<{ readonly page: Page | null }>>,
    side: { before?: number; after?: number } = {},
  ): Promise<Page | null> {
    const opening = this.#opening;
    const asked = this.timeline.asks();
    this.#set({ loading, pageFault: null });
    const answer = await answering;
    const page = 'page' in answer ? answer.page : null;
    if (page) {
      this.timeline.page(asked, rangeOf(page, side), placed(page));
      this.timeline.reaches(page.totalCount);
    }
    this.timeline.done(asked);
    if (opening === this.#opening) this.#set({ loading: null, pageFault: 'fault' in answer ? answer.fault : null });
    return page;
  }

  async #change(answering: Promise<Changed>): Promise<readonly Fault[]> {
    const asked = this.timeline.asks();
    const answer = await answering;
    if ('message' in answer && answer.message) this.timeline.answered(asked, answer.message);
    this.timeline.done(asked);
    this.#frame.ask();
    return 'faults' in answer ? answer.faults : [];
  }

  async #readMarks(): Promise<void> {
    if ((this.#shown.room?.memberCount ?? 0) > MARKS_MAX) return;
    const marks = await this.remote.readMarks(this.roomId, MARKS_MAX);
    if (!marks) return;
    this.#marks.all(marks);
    this.#frame.ask();
  }

  #set(change: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...change };
    if (this.isOpen) this.#frame.ask();
  }

  #compose(): Snapshot {
    return {
      ...this.#shown,
      view: this.timeline.view,
      unsent: this.outbox.of(this.roomId),
      readSeq: this.reading.readSeq,
      marks: this.#marks.bySeq,
    };
  }

  #publish(): void {
    this.#snapshot = this.#compose();
    for (const listener of this.#listeners) listener();
    if (this.timeline.size > 2 * HELD) this.#forget();
  }

  /** Lets go of what is far from the reader; in a frame of its own, in which nothing is added. */
  #forget(): void {
    const { range } = this.timeline.view;
    const { sight } = this.reading;
    if (!range) return;
    const middle = sight && !sight.atEnd ? sight.middle : range.to;
    if (middle < range.to) this.timeline.show(middle);
    const from = Math.max(range.from, Math.min(middle + HELD / 2, range.to) - HELD);
    this.timeline.keep({ from, to: Math.min(range.to, from + HELD) });
    this.#frame.ask();
  }
}
