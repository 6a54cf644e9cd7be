// Keeps one wire to the server: with a token that is good, made again when it is lost, for as long as there is hope.
// What runs on the wire is its owner's.
import { backoff } from './timing';
import type { Ended, LiveOptions, SocketLike, Timing, TokenRequest, Waiting, WaitReason, Wake } from './types';
import { ofClose, type Closing } from './verdict';
import { Wire } from './wire';

const PROTOCOL = 'graphql-transport-ws';
/** Fresh tokens that are refused one after the other, before it is taken for a sign-out. */
const REFUSALS_MAX = 3;

/** The one operation that the helper sends of its own accord, for operators who allow stored documents only. */
export const RENEW_CONNECTION = `mutation RenewConnection($input: RenewConnectionInput!) {
  renewConnection(input: $input) { expiresAt errors { code message } }
}`;

export type ConnectionState = { readonly is: 'idle' } | { readonly is: 'connecting' } | { readonly is: 'open' } | Waiting | Ended;

export interface ConnectionOwner {
  /** The state is another. While it is `open` there is a wire. */
  changed(): void;
}

export class Connection {
  readonly #url: string;
  readonly #token: LiveOptions['token'];
  readonly #webSocket: new (url: string, protocol: string) => SocketLike;
  readonly #wake: Wake | null;
  readonly #random: () => number;
  readonly #timing: Timing;
  readonly #owner: ConnectionOwner;

  #state: ConnectionState = { is: 'idle' };
  #wire: Wire | null = null;
  /** Counts tries, so that what belongs to an earlier one is told apart. */
  #run = 0;
  #failures = 0;
  #openedAt = 0;
  #inUse: string | null = null;
  #refused: string | null = null;
  #refusals = 0;
  /** The wire that is being given a fresh token. */
  #renewing: Wire | null = null;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = new AbortController();
  #unwatch: (() => void) | undefined;

  constructor(options: LiveOptions, wake: Wake | null, random: () => number, timing: Timing, owner: ConnectionOwner) {
    this.#url = socketUrl(options.url);
    this.#token = options.token;
    this.#webSocket = options.webSocket ?? WebSocket;
    this.#wake = wake;
    this.#random = random;
    this.#timing = timing;
    this.#owner = owner;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get wire(): Wire | null {
    return this.#state.is === 'open' ? this.#wire : null;
  }

  start(): void {
    if (this.#state.is !== 'idle') return;
    this.#unwatch = this.#wake?.watch(() => this.#woke());
    void this.#connect();
  }

  /** Back to where it began. */
  stop(): void {
    if (this.#state.is === 'idle' || this.#state.is === 'ended') return;
    this.#failures = 0;
    this.#leave({ is: 'idle' });
  }

  end(code: string, message: string): void {
    if (this.#state.is !== 'ended') this.#leave({ is: 'ended', code, message });
  }

  /** Connects at once if it waits, unless the server has asked for the wait. */
  retry(): void {
    if (this.#state.is === 'waiting' && Date.now() >= this.#notBefore) void this.#connect();
  }

  /** An operation on this wire was refused for its token. */
  refuseToken(wire: Wire): void {
    if (wire !== this.#wire) return;
    this.#abandon();
    this.#closed({ code: 4403, reason: 'An operation was refused for its token.' });
  }

  #woke(): void {
    if (this.#state.is === 'open') this.#wire?.probe(this.#timing.probe);
    else this.retry();
  }

  #leave(state: ConnectionState): void {
    this.#unwatch?.();
    this.#abandon();
    this.#set(state);
  }

  /** Lets go of the wire and of all that was under way. */
  #abandon(): void {
    this.#run += 1;
    clearTimeout(this.#timer);
    this.#asking.abort();
    const wire = this.#wire;
    this.#wire = null;
    wire?.close();
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#owner.changed();
  }

  async #connect(): Promise<void> {
    this.#abandon();
    const run = this.#run;
    this.#set({ is: 'connecting' });
    if (run !== this.#run) return;
    let token: string | null;
    try {
      token = await this.#ask(this.#refused === null ? 'connect' : 'refused', this.#refused);
    } catch (error) {
      if (run === this.#run) this.#wait('token', messageOf(error), null);
      return;
    }
    if (run !== this.#run) return;
    if (token === null) return this.end('UNAUTHENTICATED', 'There is no token; sign in again.');
    if (token === this.#refused) {
      return this.end('UNAUTHENTICATED', 'The server refused the token, and there is no other; sign in again.');
    }
    this.#inUse = token;
    this.#open(token);
  }

  #open(token: string): void {
    let socket: SocketLike;
    try {
      socket = new this.#webSocket(this.#url, PROTOCOL);
    } catch (error) {
      return this.#wait('lost', messageOf(error), null);
    }
    const wire = new Wire(socket, token, this.#timing, {
      acknowledged: () => {
        if (wire !== this.#wire) return;
        this.#openedAt = Date.now();
        this.#refused = null;
        this.#refusals = 0;
        this.#set({ is: 'open' });
      },
      expiring: () => {
        if (wire === this.#wire && wire !== this.#renewing) void this.#renew(wire);
      },
      closed: (closing) => {
        if (wire !== this.#wire) return;
        this.#wire = null;
        this.#closed(closing);
      },
    });
    this.#wire = wire;
  }

  #closed(closing: Closing): void {
    const wasOpen = this.#state.is === 'open';
    if (wasOpen && Date.now() - this.#openedAt >= this.#timing.stable) this.#failures = 0;
    const verdict = ofClose(closing);
    switch (verdict.do) {
      case 'end':
        return this.end('CLIENT_FAULT', `The server closed the socket: ${closing.code} ${closing.reason}`);
      case 'wait':
        return this.#wait(verdict.reason, closing.reason || `The connection was lost (${closing.code}).`, verdict.hint);
      case 'freshToken':
        return this.#tokenRefused(wasOpen, closing.reason);
    }
  }

  #tokenRefused(wasOpen: boolean, reason: string): void {
    this.#refused = this.#inUse;
    if (!wasOpen) this.#refusals += 1;
    if (this.#refusals >= REFUSALS_MAX) {
      return this.end('UNAUTHENTICATED', `The server refuses every token: ${reason}`);
    }
    if (this.#failures > 0) return this.#wait('token', reason, null);
    // A token that ran out is the way of the world: no wait, the first time.
    this.#failures += 1;
    void this.#connect();
  }

  #wait(reason: WaitReason, message: string, hint: number | null): void {
    const wait = backoff(this.#failures, hint, this.#timing, this.#random);
    this.#failures += 1;
    this.#notBefore = hint === null ? 0 : Date.now() + hint;
    const offline = this.#wake !== null && !this.#wake.isOnline();
    this.#timer = setTimeout(() => void this.#connect(), wait);
    this.#set({ is: 'waiting', reason: offline ? 'offline' : reason, message, retryAt: Date.now() + wait });
  }

  async #ask(reason: TokenRequest['reason'], stale: string | null): Promise<string | null> {
    const asking = new AbortController();
    this.#asking = asking;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        asking.abort();
        reject(new Error('No token came in time.'));
      }, this.#timing.token);
    });
    try {
      return await Promise.race([this.#token({ reason, stale, signal: asking.signal }), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives the open wire a fresh token. Where that does not succeed, the server closes it with 4403 in the end. */
  async #renew(wire: Wire): Promise<void> {
    this.#renewing = wire;
    for (let attempt = 0; wire === this.#wire; attempt += 1) {
      if (await this.#renewed(wire)) break;
      const wait = backoff(attempt, null, this.#timing, this.#random);
      await new Promise((resolve) => {
        this.#timer = setTimeout(resolve, wait);
      });
    }
    if (wire === this.#renewing) this.#renewing = null;
  }

  async #renewed(wire: Wire): Promise<boolean> {
    let token: string | null;
    try {
      token = await this.#ask('expiring', this.#inUse);
    } catch {
      return false;
    }
    if (wire !== this.#wire) return true;
    if (token === null) {
      this.end('UNAUTHENTICATED', 'There is no token; sign in again.');
      return true;
    }
    if (token === this.#inUse) return false;
    const renewed = await request(wire, token);
    if (renewed && wire === this.#wire) this.#inUse = token;
    return renewed;
  }
}

/** Stays without an answer when the wire ends, as the wire does. */
function request(wire: Wire, accessToken: string): Promise<boolean> {
  return new Promise((resolve) => {
    wire.subscribe(
      { query: RENEW_CONNECTION, operationName: 'RenewConnection', variables: { input: { accessToken } } },
      {
        next: ({ data, errors }) => {
          const payload = data?.['renewConnection'] as { errors?: readonly unknown[] } | null | undefined;
          resolve(!errors?.length && payload?.errors?.length === 0);
        },
        error: () => resolve(false),
        complete: () => resolve(false),
      },
    );
  });
}

function socketUrl(given: string | URL): string {
  const url = new URL(given);
  url.protocol = url.protocol.replace(/^http/, 'ws');
  if (!/^wss?:$/.test(url.protocol)) throw new TypeError(`${url.href} is no address of http, https, ws or wss.`);
  return url.href;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
