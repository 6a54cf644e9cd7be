import { describe, expect, it } from 'vitest';
import { type Chance, chance } from '../testing/chance';
import { type Asked, type Placed, type Shape, Timeline } from './timeline';

interface Line {
  id: string;
  seq: number;
  text: string;
  gone?: boolean;
  reply?: { id: string; text: string; gone?: boolean } | null;
}

const shape: Shape<Line> = {
  emptied: (line) => ({ ...line, text: '', gone: true, reply: null }),
  quoted: (line) => line.reply?.id ?? null,
  quoting: (line, { id, text, gone }) => (line.reply ? { ...line, reply: { id, text, gone: gone ?? false } } : line),
  quotingDeleted: (line) => (line.reply ? { ...line, reply: { ...line.reply, text: '', gone: true } } : line),
};

const line = (seq: number, text = `line ${seq}`): Line => ({ id: `m${seq}`, seq, text });
const place = (message: Line): Placed<Line> => ({ cursor: `c${message.seq}`, message });

function timeline(): Timeline<Line> {
  return new Timeline(shape);
}

function page(lines: Timeline<Line>, from: number, to: number, text?: string): void {
  const asked = lines.asks();
  const all = Array.from({ length: to - from + 1 }, (_, index) => place(line(from + index, text)));
  lines.page(asked, { from, to }, all);
  lines.done(asked);
}

const seqs = (lines: Timeline<Line>) => lines.view.messages.map(({ seq }) => seq);
const texts = (lines: Timeline<Line>) => lines.view.messages.map(({ text }) => text);

describe('a timeline', () => {
  it('puts pages that overlap together without doubles', () => {
    const lines = timeline();
    page(lines, 5, 8);
    page(lines, 3, 6);
    expect(seqs(lines)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(lines.view).toMatchObject({ range: { from: 3, to: 8 }, hasOlder: true, hasNewer: false });
  });

  it('shows one stretch at a time, and knows that there is more behind it', () => {
    const lines = timeline();
    page(lines, 11, 12);
    page(lines, 4, 5);
    expect(seqs(lines)).toEqual([11, 12]);
    expect(lines.show(5)).toBe(true);
    expect(lines.view).toMatchObject({ range: { from: 4, to: 5 }, hasOlder: true, hasNewer: true, newest: 12 });
    page(lines, 6, 10);
    expect(seqs(lines)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(lines.view.hasNewer).toBe(false);
  });

  it('shows the newest for as long as a place is not known', () => {
    const lines = timeline();
    page(lines, 11, 12);
    expect(lines.show(4)).toBe(false);
    expect(seqs(lines)).toEqual([11, 12]);
    page(lines, 3, 4);
    expect(seqs(lines)).toEqual([3, 4]);
  });

  it('is the same view until something changes', () => {
    const lines = timeline();
    page(lines, 1, 2);
    const before = lines.view;
    expect(lines.view).toBe(before);
    lines.added(place(line(3)));
    expect(lines.view).not.toBe(before);
    expect(lines.view.messages[0]).toBe(before.messages[0]);
  });

  it('takes a repeated event for nothing new', () => {
    const lines = timeline();
    page(lines, 1, 2);
    lines.added(place(line(2)));
    lines.added(place(line(3)));
    lines.added(place(line(3)));
    expect(seqs(lines)).toEqual([1, 2, 3]);
  });

  it('shows the answer to a send at the end, and moves it to its place once the feed is that far', () => {
    const lines = timeline();
    page(lines, 1, 2);
    const asked = lines.asks();
    lines.sent(asked, place(line(4, 'mine')));
    lines.done(asked);
    expect(seqs(lines)).toEqual([1, 2, 4]);
    expect(lines.view.range).toEqual({ from: 1, to: 2 });
    lines.added(place(line(3)));
    lines.added(place(line(4, 'mine')));
    expect(seqs(lines)).toEqual([1, 2, 3, 4]);
  });

  it('does not let a page that was asked for before an event take the event back', () => {
    const lines = timeline();
    page(lines, 3, 4);
    const asked = lines.asks();
    lines.became(line(2, 'edited'));
    lines.deleted('m1', 1, 'now');
    lines.page(asked, { from: 1, to: 2 }, [place(line(1)), place(line(2, 'as it was'))]);
    lines.done(asked);
    expect(texts(lines)).toEqual(['', 'edited', 'line 3', 'line 4']);
  });

  it('lets an answer that was asked for after an event be the newer one', () => {
    const lines = timeline();
    page(lines, 1, 2);
    lines.became(line(2, 'edited once'));
    const asked = lines.asks();
    lines.answered(asked, line(2, 'edited twice'));
    lines.done(asked);
    expect(texts(lines)).toEqual(['line 1', 'edited twice']);
  });

  it('closes the hole that trimmed messages leave', () => {
    const lines = timeline();
    page(lines, 4, 6);
    lines.trimmed({ from: 1, to: 4 });
    expect(seqs(lines)).toEqual([5, 6]);
    expect(lines.view.hasOlder).toBe(false);
    expect(lines.ends({ from: 1, to: 6 })).toEqual({ first: 'c5', last: 'c6' });
  });

  it('keeps quotes as what they quote is now, held or not', () => {
    const lines = timeline();
    page(lines, 4, 4);
    lines.added(place({ ...line(5), reply: { id: 'm4', text: 'line 4' } }));
    lines.added(place({ ...line(6), reply: { id: 'm1', text: 'line 1' } }));
    lines.became(line(4, 'better'));
    lines.deleted('m1', 1, 'now');
    const quotes = lines.view.messages.map(({ reply }) => reply?.text);
    expect(quotes).toEqual([undefined, 'better', '']);
  });

  it('shows a wish until it is taken back', () => {
    const lines = timeline();
    page(lines, 1, 1);
    const take = lines.wish('m1', (message) => ({ ...message, text: `${message.text}!` }));
    expect(texts(lines)).toEqual(['line 1!']);
    lines.became(line(1, 'other'));
    expect(texts(lines)).toEqual(['other!']);
    take();
    expect(texts(lines)).toEqual(['other']);
  });

  it('forgets what lies outside of what is kept, and asks for it again', () => {
    const lines = timeline();
    page(lines, 1, 9);
    lines.show(4);
    lines.keep({ from: 3, to: 6 });
    expect(seqs(lines)).toEqual([3, 4, 5, 6]);
    expect(lines.size).toBe(4);
    expect(lines.view).toMatchObject({ hasOlder: true, hasNewer: true, newest: 9 });
    expect(lines.get('m1')).toBeUndefined();
  });

  it('knows nothing after a reset', () => {
    const lines = timeline();
    page(lines, 1, 9);
    lines.reset();
    expect(lines.view).toEqual({ messages: [], range: null, hasOlder: false, hasNewer: false, newest: 0 });
  });

  it('takes nothing in after a reset that was asked for before it, but for a message that was sent', () => {
    const lines = timeline();
    const asked = lines.asks();
    lines.reset();
    page(lines, 4, 5);
    lines.page(asked, { from: 1, to: 3 }, [1, 2, 3].map((seq) => place(line(seq))));
    lines.answered(asked, line(4, 'older'));
    lines.sent(asked, place(line(5, 'older')));
    lines.sent(asked, place(line(6, 'mine')));
    expect(texts(lines)).toEqual(['line 4', 'line 5', 'mine']);
  });
});

/** A room on a server whose feed, pages and answers reach the page as late, as often and as mixed up as chance will have it. */
class Room {
  readonly lines = timeline();
  readonly #states: Line[][] = [];
  readonly #log: { kind: 'added' | 'became' | 'deleted'; seq: number; after: number }[] = [];
  readonly #underway: (() => void)[] = [];
  #told = 0;

  constructor(readonly chance: Chance) {
    this.#states.push([]);
  }

  get now(): Line[] {
    return this.#states.at(-1) ?? [];
  }

  send(own: boolean): void {
    const asked = own ? this.lines.asks() : null;
    const seq = this.now.length + 1;
    const parent = this.chance.happens(30) ? this.chance.pick(this.now) : undefined;
    const reply = parent && { id: parent.id, text: '', gone: false };
    this.#commit('added', seq, [...this.now, { ...line(seq), reply: reply ?? null }]);
    if (asked) this.#answer(asked, seq, (message) => this.lines.sent(asked, place(message)));
  }

  edit(own: boolean): void {
    const found = this.chance.pick(this.now.filter(({ gone }) => !gone));
    if (!found) return;
    const asked = own ? this.lines.asks() : null;
    const text = `edit ${this.#log.length}`;
    this.#commit('became', found.seq, this.now.map((one) => (one === found ? { ...one, text } : one)));
    if (asked) this.#answer(asked, found.seq, (message) => this.lines.answered(asked, message));
  }

  remove(): void {
    const found = this.chance.pick(this.now.filter(({ gone }) => !gone));
    if (found) this.#commit('deleted', found.seq, this.now.map((one) => (one === found ? shape.emptied(one, '') : one)));
  }

  /** A page that is read now or later, and arrives later still. */
  ask(from: number, count: number): void {
    const asked = this.lines.asks();
    const read = () => {
      const page = this.now.slice(from - 1, from - 1 + count).map((message) => this.#whole(message, this.now));
      this.#underway.push(() => {
        if (page.length > 0) this.lines.page(asked, { from, to: from + page.length - 1 }, page.map(place));
        this.lines.done(asked);
      });
    };
    if (this.chance.happens(50)) read();
    else this.#underway.push(read);
  }

  arrive(): void {
    const [arrived] = this.#underway.splice(this.chance.below(this.#underway.length), 1);
    arrived?.();
  }

  /** The next event of the feed; now and then it begins again further back. */
  tell(): void {
    if (this.chance.happens(5)) this.#told = this.chance.below(this.#told + 1);
    const event = this.#log[this.#told];
    if (!event) return;
    this.#told += 1;
    // It is made when it is told, or was made at any time since it happened.
    const states = this.#states.slice(event.after);
    const state = this.chance.pick(states) ?? [];
    const found = state[event.seq - 1];
    if (!found) throw new Error(`there is no ${event.seq}`);
    const message = this.#whole(found, state);
    if (event.kind === 'added') this.lines.added(place(message));
    else if (event.kind === 'became') this.lines.became(message);
    else this.lines.deleted(message.id, message.seq, 'now');
  }

  /** Lets everything that is under way arrive. */
  settle(): void {
    while (this.#underway.length > 0 || this.#told < this.#log.length) {
      if (this.chance.happens(50)) this.arrive();
      else this.tell();
    }
  }

  /** The messages as a reader of now sees them. */
  get truth(): Line[] {
    return this.now.map((message) => this.#whole(message, this.now));
  }

  #commit(kind: 'added' | 'became' | 'deleted', seq: number, state: Line[]): void {
    this.#states.push(state);
    this.#log.push({ kind, seq, after: this.#states.length - 1 });
  }

  #answer(asked: Asked, seq: number, take: (message: Line) => void): void {
    const found = this.now[seq - 1];
    const message = found && this.#whole(found, this.now);
    this.#underway.push(() => {
      if (message) take(message);
      this.lines.done(asked);
    });
  }

  #whole(message: Line, state: Line[]): Line {
    const parent = state.find(({ id }) => id === message.reply?.id);
    return parent ? shape.quoting(message, parent) : message;
  }
}

describe('a timeline, whatever the order of pages, events, repeats and answers', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))('ends with what the room holds (seed %i)', (seed) => {
    const luck = chance(seed);
    const room = new Room(luck);
    const actions = [
      () => room.send(false),
      () => room.send(true),
      () => room.edit(luck.happens(50)),
      () => room.remove(),
      () => room.ask(1 + luck.below(Math.max(1, room.now.length)), 1 + luck.below(6)),
      () => room.arrive(),
      () => room.tell(),
      () => room.tell(),
      () => room.tell(),
    ];
    for (let step = 0; step < 120; step += 1) {
      luck.pick(actions)?.();
      const shown = room.lines.view.messages.map(({ seq }) => seq);
      expect(shown).toEqual([...new Set(shown)].sort((a, b) => a - b));
    }
    room.settle();
    expect(room.lines.view.messages).toEqual(room.truth);

    room.ask(1, room.now.length);
    room.settle();
    expect(room.lines.view.messages).toEqual(room.truth);
  });
});
