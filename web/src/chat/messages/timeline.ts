// The messages of one room that this page holds: each once, in order of seq, whatever came first of pages, live events and
// the answers to one's own calls. It asks for nothing itself, and shows nothing.
import { type Range, Ranges } from './ranges';

export interface Item {
  readonly id: string;
  readonly seq: number;
}

/** A message at its place, with the cursor that pages go on from. */
export interface Placed<M extends Item> {
  readonly cursor: string;
  readonly message: M;
}

/** What has to be known of messages to keep them right. */
export interface Shape<M extends Item> {
  /** What is left of a message that was deleted. */
  emptied(message: M, deletedAt: string): M;
  /** The id of the message it answers. */
  quoted(message: M): string | null;
  /** The message with its quote as what it answers is now. */
  quoting(message: M, parent: M): M;
  quotingDeleted(message: M, deletedAt: string): M;
}

/** What is to be shown: one stretch without a hole, and what of one's own is known to come behind it. */
export interface View<M extends Item> {
  readonly messages: readonly M[];
  /** Null while nothing is known. */
  readonly range: Range | null;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly newest: number;
}

/** A call under way: what the feed tells after it began is newer than its answer may be. */
export interface Asked {
  readonly since: number;
  /** What was asked for before a reset is of no use after it. */
  readonly era: number;
}

/** The newest messages, or those around a seq. */
export type Place = 'newest' | number;

type News<M> = { readonly message: M } | { readonly deletedAt: string };
type Wish<M> = (message: M) => M;

export class Timeline<M extends Item> {
  readonly #shape: Shape<M>;
  readonly #held = new Map<number, Placed<M>>();
  readonly #seqs = new Map<string, number>();
  readonly #known = new Ranges();
  /** Answers to one's own sends, while the feed has yet to tell what comes before them. */
  readonly #ahead = new Map<number, Placed<M>>();
  /** The seqs of the messages that answer one. */
  readonly #replies = new Map<string, Set<number>>();
  /** What the feed told of each message while a call was under way. */
  readonly #news = new Map<string, { at: number; news: News<M> }>();
  /** Messages are shown so until the answer to a call of one's own. */
  readonly #wishes = new Map<string, Wish<M>[]>();
  readonly #asked = new Set<Asked>();
  #events = 0;
  #era = 0;
  #newest = 0;
  #place: Place = 'newest';
  #view: View<M> | null = null;

  constructor(shape: Shape<M>) {
    this.#shape = shape;
  }

  /** The very same object until something changes. */
  get view(): View<M> {
    this.#view ??= this.#look();
    return this.#view;
  }

  get place(): Place {
    return this.#place;
  }

  /** The highest seq that is known to be taken in the room. */
  get newest(): number {
    return this.#newest;
  }

  /** How many messages are held, shown or not. */
  get size(): number {
    return this.#held.size;
  }

  get(id: string): M | undefined {
    const seq = this.#seqs.get(id);
    return seq === undefined ? undefined : this.#shown(this.#at(seq));
  }

  /** Says that a call begins whose answer has messages in it; `done` has to follow, whatever becomes of it. */
  asks(): Asked {
    const asked = { since: this.#events, era: this.#era };
    this.#asked.add(asked);
    return asked;
  }

  done(asked: Asked): void {
    this.#asked.delete(asked);
    if (this.#asked.size === 0) this.#news.clear();
  }

  /** Takes in all there is in a range. Seqs in it without a message are gone for everyone. */
  page(asked: Asked, range: Range, page: readonly Placed<M>[]): void {
    if (asked.era !== this.#era) return;
    for (const { cursor, message } of page) this.#put(this.#held, { cursor, message: this.#later(message, asked) });
    this.#cover(range);
  }

  /** Takes in a message that a send was answered with. */
  sent(asked: Asked, { cursor, message }: Placed<M>): void {
    if (asked.era !== this.#era && this.#at(message.seq)) return;
    const map = this.#known.around(message.seq) ? this.#held : this.#ahead;
    this.#put(map, { cursor, message: this.#later(message, asked) });
  }

  /** Takes in the state of a message that another call was answered with. */
  answered(asked: Asked, message: M): void {
    if (asked.era === this.#era) this.#replace(message.seq, () => this.#later(message, asked));
  }

  /** A message joined the room. */
  added(placed: Placed<M>): void {
    const { message } = placed;
    this.#tell(message.id, { message });
    this.#put(this.#held, placed);
    this.#cover({ from: message.seq, to: message.seq });
  }

  /** A message is now another. */
  became(message: M): void {
    this.#tell(message.id, { message });
    this.#replace(message.seq, () => message);
  }

  deleted(id: string, seq: number, deletedAt: string): void {
    this.#tell(id, { deletedAt });
    this.#replace(seq, (message) => this.#shape.emptied(message, deletedAt));
  }

  /** Seqs are gone for everyone, and leave no hole. */
  trimmed(range: Range): void {
    this.#drop((seq) => seq >= range.from && seq <= range.to);
    this.#cover(range);
  }

  /** Shows a message otherwise, until the function given back is called. */
  wish(id: string, wish: Wish<M>): () => void {
    this.#wishes.set(id, [...(this.#wishes.get(id) ?? []), wish]);
    this.#changed();
    return () => {
      const left = (this.#wishes.get(id) ?? []).filter((other) => other !== wish);
      if (left.length > 0) this.#wishes.set(id, left);
      else this.#wishes.delete(id);
      this.#changed();
    };
  }

  /** The room is known to have got so far. */
  reaches(seq: number): void {
    this.#newest = Math.max(this.#newest, seq);
    this.#changed();
  }

  /** Chooses what the view shows. Gives whether that is known; as long as it is not, the view shows the newest. */
  show(place: Place): boolean {
    this.#place = place;
    this.#changed();
    return place === 'newest' || this.#known.around(place) !== undefined;
  }

  /** Forgets all but a range, so that a page that is open for weeks does not grow. */
  keep(range: Range): void {
    this.#drop((seq) => seq < range.from || seq > range.to);
    this.#known.clip(range);
    this.#changed();
  }

  /** Forgets everything: what was held may have changed unseen. */
  reset(): void {
    for (const map of [this.#held, this.#seqs, this.#ahead, this.#replies]) map.clear();
    this.#known.clear();
    this.#era += 1;
    this.#newest = 0;
    this.#place = 'newest';
    this.#changed();
  }

  /** The cursors of the first and the last message in a range, for the pages before and behind it. */
  ends({ from, to }: Range): { first: string | null; last: string | null } {
    const cursorFrom = (start: number, step: 1 | -1) => {
      for (let seq = start; seq >= from && seq <= to; seq += step) {
        const placed = this.#held.get(seq);
        if (placed) return placed.cursor;
      }
      return null;
    };
    return { first: cursorFrom(from, 1), last: cursorFrom(to, -1) };
  }

  #look(): View<M> {
    const last = this.#known.last ?? null;
    const range = (this.#place === 'newest' ? null : this.#known.around(this.#place)) ?? last;
    const placed: (Placed<M> | undefined)[] = [];
    for (let seq = range?.from ?? 1; seq <= (range?.to ?? 0); seq += 1) placed.push(this.#held.get(seq));
    if (range && range === last) {
      const seqs = [...this.#ahead.keys()].filter((seq) => seq > range.to).sort((a, b) => a - b);
      for (const seq of seqs) placed.push(this.#ahead.get(seq));
    }
    return {
      messages: placed.map((one) => this.#shown(one)).filter((message) => message !== undefined),
      range,
      hasOlder: range !== null && range.from > 1,
      hasNewer: range !== null && range.to < this.#newest,
      newest: this.#newest,
    };
  }

  #shown(placed: Placed<M> | undefined): M | undefined {
    if (!placed) return undefined;
    const wishes = this.#wishes.get(placed.message.id) ?? [];
    return wishes.reduce((message, wish) => wish(message), placed.message);
  }

  #at(seq: number): Placed<M> | undefined {
    return this.#held.get(seq) ?? this.#ahead.get(seq);
  }

  #put(map: Map<number, Placed<M>>, { cursor, message }: Placed<M>): void {
    const { id, seq } = message;
    this.#ahead.delete(seq);
    this.#seqs.set(id, seq);
    map.set(seq, { cursor, message: this.#quoteNow(message) });
    const quoted = this.#shape.quoted(message);
    if (quoted !== null) this.#replies.set(quoted, (this.#replies.get(quoted) ?? new Set()).add(seq));
    this.#requote(id, { message });
    this.#changed();
  }

  /** Another state of a message, if that is held. */
  #replace(seq: number, change: Wish<M>): void {
    const placed = this.#at(seq);
    if (!placed) return;
    const message = this.#quoteNow(change(placed.message));
    this.#set(seq, message);
    this.#requote(message.id, { message });
  }

  #set(seq: number, message: M): void {
    const map = this.#held.has(seq) ? this.#held : this.#ahead;
    const placed = map.get(seq);
    if (placed) map.set(seq, { cursor: placed.cursor, message });
    this.#changed();
  }

  /** The message quoting what it answers as that is held. */
  #quoteNow(message: M): M {
    const seq = this.#seqs.get(this.#shape.quoted(message) ?? '');
    const parent = seq === undefined ? undefined : this.#at(seq);
    return parent ? this.#shape.quoting(message, parent.message) : message;
  }

  #requote(id: string, news: News<M>): void {
    for (const seq of this.#replies.get(id) ?? []) {
      const reply = this.#at(seq);
      if (reply) this.#set(seq, this.#quote(reply.message, news));
    }
  }

  #quote(message: M, news: News<M>): M {
    return 'message' in news
      ? this.#shape.quoting(message, news.message)
      : this.#shape.quotingDeleted(message, news.deletedAt);
  }

  /** A message of an answer, with what the feed told of it meanwhile. */
  #later(answered: M, asked: Asked): M {
    const since = (id: string | null) => {
      const told = id === null ? undefined : this.#news.get(id);
      return told && told.at > asked.since ? told.news : undefined;
    };
    const own = since(answered.id);
    const message =
      own === undefined ? answered : 'message' in own ? own.message : this.#shape.emptied(answered, own.deletedAt);
    const parent = since(this.#shape.quoted(message));
    return parent === undefined ? message : this.#quote(message, parent);
  }

  /** Notes what the feed says. Replies may be held without what they answer. */
  #tell(id: string, news: News<M>): void {
    this.#events += 1;
    if (this.#asked.size > 0) this.#news.set(id, { at: this.#events, news });
    this.#requote(id, news);
  }

  #drop(which: (seq: number) => boolean): void {
    for (const map of [this.#held, this.#ahead]) {
      for (const [seq, { message }] of map) {
        if (!which(seq)) continue;
        map.delete(seq);
        this.#seqs.delete(message.id);
        this.#unlink(message);
      }
    }
  }

  #unlink(reply: M): void {
    const quoted = this.#shape.quoted(reply);
    const seqs = quoted === null ? undefined : this.#replies.get(quoted);
    seqs?.delete(reply.seq);
    if (quoted !== null && seqs?.size === 0) this.#replies.delete(quoted);
  }

  #cover(range: Range): void {
    this.#known.add(range);
    this.#newest = Math.max(this.#newest, range.to);
    this.#changed();
  }

  #changed(): void {
    this.#view = null;
  }
}
