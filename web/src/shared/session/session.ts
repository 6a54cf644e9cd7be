// Who is signed in on this browser. The refresh token is kept in localStorage, so that a reload and other tabs stay
// signed in; the access token only in memory. One renewal serves all tabs: the server takes each refresh token once.
//
// What goes over the network is `renew` and `end`, given from outside; nothing here knows GraphQL.

export interface Tokens {
  readonly accessToken: string;
  /** When the access token ends, on this browser's clock. */
  readonly accessUntil: number;
  readonly refreshToken: string;
}

/** Gives new tokens for a refresh token; null when it is no longer good; throws when nobody can say. */
export type Renew = (refreshToken: string) => Promise<Tokens | null>;

export type SessionState =
  | { readonly is: 'signedIn'; readonly userId: string }
  /** `elsewhere`: the server ended it, by another device's or an administrator's wish, or because it lay unused. */
  | { readonly is: 'signedOut'; readonly by: 'nobody' | 'self' | 'elsewhere' };

/** What the browser gives; a test gives its own. */
export interface Surroundings {
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Tells of other tabs' changes of the storage; returns the stop function. */
  readonly onStorage: (listener: (key: string | null) => void) => () => void;
  /** Runs the action while no other tab runs one. */
  readonly alone: <T>(action: () => Promise<T>) => Promise<T>;
  /** Hands access tokens from tab to tab; never to the server, never to the disk. */
  readonly channel: Pick<BroadcastChannel, 'postMessage' | 'close'> & { onmessage: ((event: MessageEvent) => void) | null };
  readonly now: () => number;
}

/** What lies in the storage. */
interface Stored {
  readonly refreshToken: string;
  readonly userId: string;
}

/** What tabs tell each other: the access token that came with a refresh token. */
interface Told {
  readonly userId: string;
  readonly with: string;
  readonly accessToken: string;
  readonly accessUntil: number;
}

const KEY = 'tertulia.account';
/** A token with less than this left is renewed before it is used. */
const MARGIN_MS = 30_000;
/** How long to wait for the access token of a renewal that another tab has just made. */
const HEARSAY_MS = 400;

export class Session {
  #state: SessionState;
  #access: { token: string; until: number; with: string } | null = null;
  #renewal: Promise<string | null> | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #heard = new Set<() => void>();
  readonly #stop: () => void;

  constructor(
    private readonly renew: Renew,
    private readonly end: (refreshToken: string) => Promise<void>,
    private readonly around: Surroundings,
  ) {
    const stored = this.#read();
    this.#state = stored ? { is: 'signedIn', userId: stored.userId } : { is: 'signedOut', by: 'nobody' };
    around.channel.onmessage = (event) => this.#hear(event.data as Told);
    this.#stop = around.onStorage((key) => {
      if (key === KEY || key === null) this.#follow();
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The access token as it is, perhaps stale; null when none has come yet. */
  get accessToken(): string | null {
    return this.#access?.token ?? null;
  }

  /** Whether the access token can be used as it is. */
  get isFresh(): boolean {
    return this.#access !== null && this.#access.until - this.around.now() > MARGIN_MS;
  }

  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** After signing in or up, and after a change of password, which ends all older tokens. */
  begin(tokens: Tokens, userId: string): void {
    this.#keep(tokens, userId);
    this.#become({ is: 'signedIn', userId });
  }

  /** Ends the session here, in every tab and on the server; the server is told on a best effort. */
  async signOut(): Promise<void> {
    const stored = this.#read();
    this.#forget('self');
    if (stored) await this.end(stored.refreshToken).catch(() => {});
  }

  /**
   * An access token to use now, renewed where needed. `not` is one that the server has refused.
   * Null: signed out for good. Throws when no answer came; trying again later may help.
   */
  async freshToken(not?: string | null): Promise<string | null> {
    if (this.#state.is === 'signedOut') return null;
    if (this.#access && this.isFresh && this.#access.token !== not) return this.#access.token;
    this.#renewal ??= this.#renewOnce(not ?? null).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  close(): void {
    this.#stop();
    this.around.channel.close();
  }

  async #renewOnce(not: string | null): Promise<string | null> {
    const before = this.#read();
    return this.around.alone(async () => {
      const stored = this.#read();
      // While this tab waited for its turn another may have renewed, signed out or signed in.
      if (stored && stored.refreshToken !== before?.refreshToken) await this.#hearsay(stored.refreshToken);
      if (!stored) {
        if (this.#state.is === 'signedIn') this.#forget('self');
        return null;
      }
      if (this.#access?.with === stored.refreshToken && this.isFresh && this.#access.token !== not) return this.#access.token;
      const tokens = await this.renew(stored.refreshToken);
      // Signing out does not wait for its turn.
      const now = this.#read();
      if (now?.refreshToken !== stored.refreshToken) return null;
      if (tokens === null) {
        this.#forget('elsewhere');
        return null;
      }
      this.#keep(tokens, stored.userId);
      return tokens.accessToken;
    });
  }

  /** Waits a little for the access token that belongs to a refresh token. */
  async #hearsay(refreshToken: string): Promise<void> {
    if (this.#access?.with === refreshToken) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#heard.delete(listen);
        resolve();
      };
      const listen = () => {
        if (this.#access?.with === refreshToken) done();
      };
      const timer = setTimeout(done, HEARSAY_MS);
      this.#heard.add(listen);
    });
  }

  #hear(told: Told): void {
    if (typeof told.accessToken !== 'string' || typeof told.accessUntil !== 'number') return;
    if (this.#state.is !== 'signedIn' || this.#state.userId !== told.userId) return;
    this.#access = { token: told.accessToken, until: told.accessUntil, with: told.with };
    for (const heard of this.#heard) heard();
  }

  /** Another tab signed in, signed out or renewed. */
  #follow(): void {
    const stored = this.#read();
    if (!stored) {
      if (this.#state.is === 'signedIn') this.#forget('self');
      return;
    }
    if (this.#state.is === 'signedIn' && this.#state.userId === stored.userId) return;
    this.#access = null;
    this.#become({ is: 'signedIn', userId: stored.userId });
  }

  #keep(tokens: Tokens, userId: string): void {
    const { accessToken, accessUntil, refreshToken } = tokens;
    this.#access = { token: accessToken, until: accessUntil, with: refreshToken };
    this.around.storage.setItem(KEY, JSON.stringify({ refreshToken, userId } satisfies Stored));
    this.around.channel.postMessage({ userId, with: refreshToken, accessToken, accessUntil } satisfies Told);
  }

  #forget(by: 'self' | 'elsewhere'): void {
    this.#access = null;
    this.around.storage.removeItem(KEY);
    this.#become({ is: 'signedOut', by });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #read(): Stored | null {
    try {
      const stored = JSON.parse(this.around.storage.getItem(KEY) ?? 'null') as Partial<Stored> | null;
      if (typeof stored?.refreshToken !== 'string' || typeof stored.userId !== 'string') return null;
      return { refreshToken: stored.refreshToken, userId: stored.userId };
    } catch {
      return null;
    }
  }
}
