// @vitest-environment node
// Sessions of several tabs over one storage, with a server and a clock of the test's own.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session, type Surroundings, type Tokens } from './session';

const TTL = 15 * 60_000;

/** A browser with tabs: what one writes the others hear of, as browsers do it. */
class Browser {
  readonly kept = new Map<string, string>();
  readonly #listeners = new Map<number, (key: string | null) => void>();
  readonly #channels = new Map<number, { onmessage: ((event: MessageEvent) => void) | null }>();
  #queue: Promise<unknown> = Promise.resolve();
  #tabs = 0;

  tab({ hasLocks = true } = {}): Surroundings {
    const own = ++this.#tabs;
    const change = (key: string) => {
      for (const [tab, listener] of this.#listeners) if (tab !== own) queueMicrotask(() => listener(key));
    };
    const channel = {
      onmessage: null as ((event: MessageEvent) => void) | null,
      postMessage: (data: unknown) => {
        for (const [tab, { onmessage }] of this.#channels) if (tab !== own) setTimeout(() => onmessage?.({ data } as MessageEvent), 5);
      },
      close: () => void this.#channels.delete(own),
    };
    this.#channels.set(own, channel);
    return {
      storage: {
        getItem: (key) => this.kept.get(key) ?? null,
        setItem: (key, value) => {
          this.kept.set(key, value);
          change(key);
        },
        removeItem: (key) => {
          this.kept.delete(key);
          change(key);
        },
      },
      onStorage: (listener) => {
        this.#listeners.set(own, listener);
        return () => this.#listeners.delete(own);
      },
      alone: <T>(action: () => Promise<T>) => {
        if (!hasLocks) return action();
        const turn = this.#queue.then(action);
        this.#queue = turn.catch(() => {});
        return turn;
      },
      channel,
      now: () => Date.now(),
    };
  }
}

/** Gives each refresh token's successor once. */
class Server {
  readonly asked: string[] = [];
  readonly ended: string[] = [];
  current = 'r0';
  isDown = false;
  #count = 0;

  issue(): Tokens {
    this.current = `r${++this.#count}`;
    return { accessToken: `a${this.#count}`, accessUntil: Date.now() + TTL, refreshToken: this.current };
  }

  renew = async (refreshToken: string): Promise<Tokens | null> => {
    this.asked.push(refreshToken);
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (this.isDown) throw new Error('down');
    return refreshToken === this.current ? this.issue() : null;
  };

  end = async (refreshToken: string): Promise<void> => {
    this.ended.push(refreshToken);
    this.current = 'none';
  };
}

let browser: Browser;
let server: Server;
const open: Session[] = [];

function tab(options?: { hasLocks?: boolean }): Session {
  const session = new Session(server.renew, server.end, browser.tab(options));
  open.push(session);
  return session;
}

/** A tab of someone who has just signed in. */
function signedIn(): Session {
  const session = tab();
  session.begin(server.issue(), 'amber');
  return session;
}

beforeEach(() => {
  vi.useFakeTimers();
  browser = new Browser();
  server = new Server();
});

afterEach(() => {
  for (const session of open.splice(0)) session.close();
  vi.useRealTimers();
});

/** Lets everything that waits run its course. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  const outcome = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await vi.advanceTimersByTimeAsync(2_000);
  const found = await outcome;
  if ('error' in found) throw found.error;
  return found.value;
}

describe('a session', () => {
  it('begins signed out where nothing is kept', async () => {
    const session = tab();
    expect(session.state).toEqual({ is: 'signedOut', by: 'nobody' });
    expect(await session.freshToken()).toBeNull();
    expect(server.asked).toEqual([]);
  });

  it('uses its access token while that is good, and renews it before it ends', async () => {
    const session = signedIn();
    expect(await session.freshToken()).toBe('a1');
    await vi.advanceTimersByTimeAsync(TTL - 31_000);
    expect(await session.freshToken()).toBe('a1');
    await vi.advanceTimersByTimeAsync(2_000);
    expect(session.isFresh).toBe(false);
    expect(await settled(session.freshToken())).toBe('a2');
    expect(server.asked).toEqual(['r1']);
  });

  it('stays signed in over a reload, with the refresh token alone', async () => {
    signedIn().close();
    const session = tab();
    expect(session.state).toEqual({ is: 'signedIn', userId: 'amber' });
    expect(session.accessToken).toBeNull();
    expect(await settled(session.freshToken())).toBe('a2');
    expect([...browser.kept.values()].join()).not.toContain('a2');
  });

  it('renews a token that the server refused, however good it looks', async () => {
    const session = signedIn();
    expect(await settled(session.freshToken('a1'))).toBe('a2');
    expect(await session.freshToken('a1')).toBe('a2');
    expect(server.asked).toEqual(['r1']);
  });

  it('asks once, however many ask it', async () => {
    const session = signedIn();
    const all = Promise.all([session.freshToken('a1'), session.freshToken('a1'), session.freshToken('a1')]);
    expect(await settled(all)).toEqual(['a2', 'a2', 'a2']);
    expect(server.asked).toEqual(['r1']);
  });

  it('ends when the server knows it no more, and says that it ended elsewhere', async () => {
    const session = signedIn();
    const heard = vi.fn();
    session.onChange(heard);
    server.current = 'none';
    expect(await settled(session.freshToken('a1'))).toBeNull();
    expect(session.state).toEqual({ is: 'signedOut', by: 'elsewhere' });
    expect(heard).toHaveBeenCalledTimes(1);
    expect(browser.kept.size).toBe(0);
  });

  it('stays when nobody can say, and is renewed when the server is back', async () => {
    const session = signedIn();
    server.isDown = true;
    await expect(settled(session.freshToken('a1'))).rejects.toThrow('down');
    expect(session.state.is).toBe('signedIn');
    server.isDown = false;
    expect(await settled(session.freshToken('a1'))).toBe('a2');
  });

  it('is not brought back by a renewal that ends after signing out', async () => {
    const session = signedIn();
    const renewal = session.freshToken('a1');
    await vi.advanceTimersByTimeAsync(10);
    void session.signOut();
    expect(await settled(renewal)).toBeNull();
    expect(session.state).toEqual({ is: 'signedOut', by: 'self' });
    expect(browser.kept.size).toBe(0);
  });

  it('is over here even when the server cannot be told', async () => {
    const session = new Session(server.renew, () => Promise.reject(new Error('down')), browser.tab());
    open.push(session);
    session.begin(server.issue(), 'amber');
    await session.signOut();
    expect(session.state).toEqual({ is: 'signedOut', by: 'self' });
  });

  it('ignores what it cannot read in the storage', () => {
    for (const kept of ['', 'null', '7', '{}', '{"refreshToken":7,"userId":"amber"}', '{', '[]']) {
      browser.kept.set('tertulia.account', kept);
      expect(tab().state.is).toBe('signedOut');
    }
  });
});

describe('several tabs', () => {
  it('renew once for all of them', async () => {
    const one = signedIn();
    const two = tab();
    const three = tab();
    await vi.advanceTimersByTimeAsync(TTL);
    const all = Promise.all([one.freshToken(), two.freshToken(), three.freshToken()]);
    expect(await settled(all)).toEqual(['a2', 'a2', 'a2']);
    expect(server.asked).toEqual(['r1']);
  });

  it('renew by themselves where nothing can be handed over', async () => {
    const one = signedIn();
    const two = tab();
    one.close();
    await vi.advanceTimersByTimeAsync(TTL);
    expect(await settled(one.freshToken())).toBe('a2');
    // What the first told is lost: its channel is closed.
    expect(await settled(two.freshToken('a2'))).toBe('a3');
    expect(server.asked).toEqual(['r1', 'r2']);
  });

  it('sign out together', async () => {
    const one = signedIn();
    const two = tab();
    await one.signOut();
    await vi.advanceTimersByTimeAsync(10);
    expect(two.state).toEqual({ is: 'signedOut', by: 'self' });
    expect(await two.freshToken()).toBeNull();
    expect(server.ended).toEqual(['r1']);
  });

  it('are signed in together, and never hold another person’s token', async () => {
    const one = tab();
    const two = tab();
    one.begin(server.issue(), 'amber');
    await vi.advanceTimersByTimeAsync(10);
    expect(two.state).toEqual({ is: 'signedIn', userId: 'amber' });
    await settled(two.freshToken());
    two.begin(server.issue(), 'boris');
    await vi.advanceTimersByTimeAsync(0);
    expect(one.state).toEqual({ is: 'signedIn', userId: 'boris' });
    const token = await settled(one.freshToken());
    expect(token).toBe(two.accessToken);
  });

  it('drop what someone else’s tab tells', async () => {
    const one = signedIn();
    const stranger = browser.tab();
    stranger.channel.postMessage({ userId: 'boris', with: 'r9', accessToken: 'stolen', accessUntil: Date.now() + TTL });
    stranger.channel.postMessage({ nonsense: true });
    await vi.advanceTimersByTimeAsync(10);
    expect(one.accessToken).toBe('a1');
  });
});
