import { beforeEach, describe, expect, it } from 'vitest';
import { type Around, FILES_LOST, Outbox, type Outcome, type Unsent, type Written } from './outbox';

class Shelf {
  readonly kept = new Map<string, string>();
  get length() {
    return this.kept.size;
  }
  key = (index: number) => [...this.kept.keys()][index] ?? null;
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

/** A server that answers when the test says so. */
class Post implements Around {
  readonly calls: { message: Unsent; answer: (outcome: Outcome) => Promise<void> }[] = [];
  readonly pauses: number[] = [];
  storage: Around['storage'] = new Shelf();
  #keys = 0;
  #ring: (() => void) | null = null;

  send = (message: Unsent) =>
    new Promise<Outcome>((resolve) => {
      const answer = async (outcome: Outcome) => {
        resolve(outcome);
        await Promise.resolve();
        await Promise.resolve();
      };
      this.calls.push({ message, answer });
    });
  now = () => 1_000;
  newKey = () => `key${(this.#keys += 1)}`;
  after = (ms: number, action: () => void) => {
    this.pauses.push(ms);
    this.#ring = action;
    return () => {
      this.#ring = null;
    };
  };

  ring(): void {
    const ring = this.#ring;
    this.#ring = null;
    ring?.();
  }

  get sent(): string[] {
    return this.calls.map(({ message }) => message.text);
  }

  answer(index: number, outcome: Outcome): Promise<void> {
    const call = this.calls[index];
    if (!call) throw new Error(`there was no call ${index}`);
    return call.answer(outcome);
  }
}

const SENT: Outcome = { is: 'sent' };
const LATER: Outcome = { is: 'later', afterMs: null };

function written(text: string, more: Partial<Written> = {}): Written {
  return { roomId: 'r1', text, replyTo: null, files: [], ...more };
}

const picture = { localId: 'f1', uploadId: null, name: 'cat.png', byteSize: 9, width: 3, height: 3, previewUrl: 'blob:1' };

describe('the outbox', () => {
  let post: Post;
  let outbox: Outbox;
  const states = () => outbox.of('r1').map(({ text, state }) => `${text}: ${state}`);

  beforeEach(() => {
    post = new Post();
    outbox = new Outbox('u1', post);
  });

  it('sends the messages of a room one after the other, in the order written', async () => {
    for (const text of ['a', 'b', 'c']) outbox.write(written(text));
    expect(post.sent).toEqual(['a']);
    await post.answer(0, SENT);
    expect(post.sent).toEqual(['a', 'b']);
    await post.answer(1, SENT);
    await post.answer(2, SENT);
    expect(states()).toEqual([]);
    expect(post.storage.length).toBe(0);
  });

  it('lets rooms not wait for each other', () => {
    outbox.write(written('a'));
    outbox.write(written('b', { roomId: 'r2' }));
    expect(post.sent).toEqual(['a', 'b']);
  });

  it('repeats with the same key, after longer and longer pauses, when no answer comes', async () => {
    outbox.write(written('a'));
    outbox.write(written('b'));
    await post.answer(0, LATER);
    expect(states()).toEqual(['a: waiting', 'b: waiting']);
    post.ring();
    await post.answer(1, LATER);
    post.ring();
    await post.answer(2, LATER);
    expect(post.pauses).toEqual([1_000, 2_000, 4_000]);
    post.ring();
    await post.answer(3, SENT);
    expect(post.sent).toEqual(['a', 'a', 'a', 'a', 'b']);
    expect(new Set(post.calls.slice(0, 4).map(({ message }) => message.key)).size).toBe(1);
  });

  it('waits for as long as the server says', async () => {
    outbox.write(written('a'));
    await post.answer(0, { is: 'later', afterMs: 750 });
    expect(post.pauses).toEqual([750]);
  });

  it('tries at once when there may be a connection again', async () => {
    outbox.write(written('a'));
    await post.answer(0, LATER);
    outbox.wake();
    expect(post.sent).toEqual(['a', 'a']);
    post.ring();
    expect(post.sent).toEqual(['a', 'a']);
  });

  it('leaves what is refused to the person, and goes on with the next', async () => {
    outbox.write(written('a'));
    outbox.write(written('b'));
    await post.answer(0, { is: 'refused', message: 'Too long.' });
    expect(states()).toEqual(['a: failed', 'b: sending']);
    expect(outbox.of('r1')[0]?.fault).toBe('Too long.');
    await post.answer(1, SENT);
    outbox.wake();
    expect(post.sent).toEqual(['a', 'b']);

    outbox.retry('key1');
    expect(states()).toEqual(['a: sending']);
    await post.answer(2, { is: 'refused', message: 'Too long.' });
    outbox.discard('key1');
    expect(states()).toEqual([]);
    expect(post.storage.length).toBe(0);
  });

  it('takes what arrived in the room as sent, whatever becomes of the answer', async () => {
    outbox.write(written('a'));
    outbox.write(written('b'));
    outbox.arrived('key1');
    expect(states()).toEqual(['b: waiting']);
    await post.answer(0, LATER);
    expect(states()).toEqual(['b: waiting']);
    post.ring();
    expect(post.sent).toEqual(['a', 'b']);
  });

  it('does not bring back what was discarded while it was under way', async () => {
    outbox.write(written('a'));
    outbox.discard('key1');
    await post.answer(0, { is: 'refused', message: 'No.' });
    expect(states()).toEqual([]);
  });

  it('keeps unsent messages over a reload, and sends them with their keys', async () => {
    outbox.write(written('a'));
    outbox.write(written('b'));
    await post.answer(0, { is: 'refused', message: 'No.' });
    outbox.close();

    const later = new Post();
    later.storage = post.storage;
    outbox = new Outbox('u1', later);
    expect(states()).toEqual(['a: failed', 'b: waiting']);
    outbox.start();
    expect(later.calls.map(({ message }) => message.key)).toEqual(['key2']);
    await later.answer(0, SENT);
    expect(states()).toEqual(['a: failed']);
  });

  it('keeps what one person wrote from another', () => {
    outbox.write(written('a'));
    expect(new Outbox('u2', post).of('r1')).toEqual([]);
  });

  it('does not send a file again that the server has', async () => {
    outbox.write(written('look', { files: [picture] }));
    outbox.uploaded('key1', 'f1', 'up1');
    await post.answer(0, LATER);
    post.ring();
    expect(post.calls[1]?.message.files[0]).toMatchObject({ uploadId: 'up1', previewUrl: 'blob:1' });

    const later = new Post();
    later.storage = post.storage;
    new Outbox('u1', later).start();
    expect(later.calls[0]?.message.files[0]).toMatchObject({ uploadId: 'up1', previewUrl: null });
  });

  it('says after a reload that files which were not uploaded are lost', () => {
    outbox.write(written('look', { files: [picture] }));
    const [left] = new Outbox('u1', post).of('r1');
    expect(left).toMatchObject({ text: 'look', state: 'failed', fault: FILES_LOST });
    expect(left?.files[0]?.previewUrl).toBeNull();
  });

  it('drops what another tab has sent', () => {
    outbox.write(written('a'));
    outbox.write(written('b'));
    outbox.removedElsewhere('tertulia.unsent.u1.key2');
    outbox.removedElsewhere('something.else');
    expect(states()).toEqual(['a: sending']);
  });

  it('sends from memory where the browser keeps nothing', async () => {
    const refuse = () => {
      throw new Error('QuotaExceededError');
    };
    post.storage = { length: 0, key: () => null, getItem: () => null, setItem: refuse, removeItem: () => {} };
    outbox = new Outbox('u1', post);
    outbox.write(written('a'));
    await post.answer(0, SENT);
    expect(states()).toEqual([]);
  });

  it('passes over stored things that make no sense', () => {
    post.storage.setItem('tertulia.unsent.u1.x', '{"key":1}');
    post.storage.setItem('tertulia.unsent.u1.y', 'not JSON');
    expect(new Outbox('u1', post).of('r1')).toEqual([]);
  });

  it('gives the same list until something changes, and tells when', () => {
    let told = 0;
    outbox.onChange(() => {
      told += 1;
    });
    outbox.write(written('a'));
    expect(told).toBeGreaterThan(0);
    expect(outbox.of('r1')).toBe(outbox.of('r1'));
  });

  it('keeps the order of writing when the clock stands still or goes back', () => {
    const times = [5_000, 5_000, 4_000].values();
    post.now = () => times.next().value ?? 0;
    for (const text of ['a', 'b', 'c']) outbox.write(written(text));
    expect(outbox.of('r1').map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  });
});
