// A room on a server in memory, for tests of the pane: it answers when it is asked, and tells its feed what happens.
import type { FollowRoomSubscription, OpenRoomQuery } from '../../shared/gql/chat/graphql';
import type { Message, Page, Person, Room } from '../messages/message';
import type { FollowHandlers, Remote } from '../messages/remote';
import { aMessage, amber } from './messages';

type Event = FollowRoomSubscription['roomEvents'];

export class RoomInMemory implements Remote {
  messages: Message[] = [];
  lastReadSeq = 0;
  room: Room = {
    id: 'r1',
    kind: 'GROUP',
    name: 'Corner table',
    description: '',
    isOpen: false,
    archivedAt: null,
    viewerRole: 'MEMBER',
    memberCount: 2,
  };
  isGone = false;
  isUnreachable = false;
  readers: { person: Person; seq: number | null }[] = [];
  readonly asked: string[] = [];
  readonly marked: number[] = [];
  readonly feeds: { after: string; handlers: FollowHandlers }[] = [];
  #events = 0;

  constructor(count: number) {
    this.messages = Array.from({ length: count }, (_, index) => aMessage(index + 1));
  }

  open(_roomId: string, count: number) {
    this.asked.push('open');
    if (this.isUnreachable) return Promise.resolve({ fault });
    const unread = this.messages.filter(({ seq, sender }) => seq > this.lastReadSeq && sender?.id !== amber.id).length;
    const room: OpenRoomQuery['room'] = {
      ...this.room,
      headCursor: this.cursor,
      viewerState: { lastReadSeq: this.lastReadSeq, unreadCount: unread },
      messages: this.#page(this.messages.length - count, this.messages.length),
    };
    return Promise.resolve({ room: this.isGone ? null : room });
  }

  older(_roomId: string, before: string, count: number) {
    const end = Number(before.slice(1)) - 1;
    return this.#answer(`older ${before}`, end - count, end);
  }

  newer(_roomId: string, after: string, count: number) {
    const start = Number(after.slice(1));
    return this.#answer(`newer ${after}`, start, start + count);
  }

  newest(_roomId: string, count: number) {
    return this.#answer('newest', this.messages.length - count, this.messages.length);
  }

  around(_roomId: string, place: { messageId: string } | { seq: number }, count: number) {
    const seq = 'seq' in place ? place.seq : this.messages.find(({ id }) => id === place.messageId)?.seq;
    if (seq === undefined) return this.#answer('around nothing', 0, 0, true);
    return this.#answer(`around ${seq}`, seq - 1 - count, seq + count);
  }

  readMarks = () => Promise.resolve(this.readers);

  markRead(_roomId: string, seq: number) {
    this.marked.push(seq);
    return Promise.resolve(this.isUnreachable ? null : seq);
  }

  edit(messageId: string, text: string) {
    return this.#change(messageId, { text, editedAt: '2026-03-03T11:00:00.000Z' });
  }

  remove(messageId: string) {
    return this.#change(messageId, { text: '', deletedAt: '2026-03-03T11:00:00.000Z' });
  }

  react(messageId: string, emoji: string, on: boolean) {
    return this.#change(messageId, { reactions: on ? [{ emoji, count: 1, viewerReacted: true }] : [] });
  }

  follow(_roomId: string, after: string, handlers: FollowHandlers) {
    const feed = { after, handlers };
    this.feeds.push(feed);
    return { stop: () => void this.feeds.splice(this.feeds.indexOf(feed), 1) };
  }

  /** Tells all that follow. */
  tell(event: Partial<Event> & Pick<Event, '__typename'>): void {
    this.#events += 1;
    const whole = { cursor: this.cursor, at: '2026-03-03T10:00:00.000Z', replayed: false, ...event } as Event;
    for (const { handlers } of [...this.feeds]) handlers.next({ roomEvents: whole });
  }

  /** A message comes. */
  say(more: Partial<Message> = {}, replayed = false): Message {
    const message = aMessage(this.messages.length + 1, more);
    this.messages.push(message);
    this.tell({ __typename: 'MessageAdded', message, cursor: `c${message.seq}`, replayed });
    return message;
  }

  get cursor(): string {
    return `event${this.#events}`;
  }

  #answer(asked: string, from: number, to: number, isNothing = false) {
    this.asked.push(asked);
    if (this.isUnreachable) return Promise.resolve({ fault });
    return Promise.resolve({ page: isNothing ? null : this.#page(from, to) });
  }

  #page(from: number, to: number): Page {
    const [start, end] = [Math.max(0, from), Math.min(this.messages.length, to)];
    return {
      totalCount: this.messages.length,
      pageInfo: { hasPreviousPage: start > 0, hasNextPage: end < this.messages.length },
      edges: this.messages.slice(start, end).map((node) => ({ cursor: `c${node.seq}`, node })),
    };
  }

  #change(messageId: string, change: Partial<Message>) {
    if (this.isUnreachable) return Promise.resolve({ faults: [fault] });
    this.messages = this.messages.map((message) => (message.id === messageId ? { ...message, ...change } : message));
    return Promise.resolve({ message: this.messages.find(({ id }) => id === messageId) ?? null });
  }
}

const fault = { code: 'NETWORK', message: '', field: null, retryAfterMs: null, requestId: null };
