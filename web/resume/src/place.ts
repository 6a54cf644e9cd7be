// Where a following stands, and what it has taken in lately. A server that keeps its word never repeats anything behind
// `after`; this holds although it may not.

/** The one field of a subscription's result. */
export interface Event {
  readonly __typename?: unknown;
  readonly cursor?: unknown;
  readonly replayed?: unknown;
  readonly roomId?: unknown;
  readonly backlog?: unknown;
  readonly message?: unknown;
  readonly edge?: unknown;
}

/** They say how the subscription is doing, and stand at the place of the event before. */
const MARKS: readonly unknown[] = ['SubscriptionStarted', 'CaughtUp'];

/** How many cursors are remembered. */
const REMEMBERED = 256;

export function isMark(event: Event): boolean {
  return MARKS.includes(event.__typename);
}

export class Place {
  cursor: string | null;
  /** Tells messages for certain, where types are not asked for. */
  readonly #messagesOnly: boolean;
  /** Cursors of one room never come back; those of all rooms together do when a room came and went. */
  readonly #oneRoom: boolean;
  readonly #cursors = new Set<string>();
  /** The last number in each room. */
  readonly #seqs = new Map<unknown, number>();

  constructor(query: string, cursor: string | null) {
    this.cursor = cursor;
    this.#messagesOnly = /\bmessageAdded\b/.test(query);
    this.#oneRoom = /\b(messageAdded|roomEvents)\b/.test(query);
  }

  /** Whether an event was told before, or lies before one that was. */
  isPast(event: Event): boolean {
    if (isMark(event)) return false;
    const { cursor } = event;
    if (typeof cursor === 'string' && (this.#oneRoom ? this.#cursors.has(cursor) : cursor === this.cursor)) return true;
    const seq = this.#seqOf(event);
    return seq !== null && seq <= (this.#seqs.get(event.roomId) ?? 0);
  }

  /** Stands behind an event, unless it is a mark that lies before this place. */
  take(event: Event, cursor: string): void {
    if (isMark(event)) {
      if (!this.#oneRoom || !this.#cursors.has(cursor)) this.cursor = cursor;
      return;
    }
    this.cursor = cursor;
    const seq = this.#seqOf(event);
    if (seq !== null) this.#seqs.set(event.roomId, seq);
    if (!this.#oneRoom) return;
    this.#cursors.add(cursor);
    if (this.#cursors.size > REMEMBERED) {
      for (const oldest of this.#cursors) {
        this.#cursors.delete(oldest);
        break;
      }
    }
  }

  /** The number of a message that was added; edits and deletions tell numbers of old ones. */
  #seqOf(event: Event): number | null {
    if (!this.#messagesOnly && event.__typename !== 'MessageAdded') return null;
    const message = event.message ?? (event.edge as { node?: unknown } | undefined)?.node;
    const seq = (message as { seq?: unknown } | undefined)?.seq;
    return typeof seq === 'number' ? seq : null;
  }
}
