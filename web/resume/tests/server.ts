// A server with one room behind sockets of its own making: what it is told to do wrong, it does wrong. Nothing here takes
// time but what a test's clock gives.
import { vi } from 'vitest';
import type { LiveOptions, SocketLike, TokenRequest, Wake } from '../src';

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: Record<string, unknown>;
}

export class FakeSocket implements SocketLike {
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;
  readonly said: Message[] = [];
  /** By the client. */
  closed: { code: number | undefined; reason: string | undefined } | null = null;
  readonly #server: FakeServer;

  constructor(server: FakeServer) {
    this.#server = server;
  }

  send(text: string): void {
    const message = JSON.parse(text) as Message;
    this.said.push(message);
    queueMicrotask(() => this.#server.hear(this, message));
  }

  close(code?: number, reason?: string): void {
    this.closed ??= { code, reason };
    this.#server.leave(this);
  }

  open(): void {
    this.onopen?.({} as never);
  }

  tell(message: object | string): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) } as never);
  }

  cut(code = 1006, reason = ''): void {
    this.#server.leave(this);
    this.onerror?.({} as never);
    this.onclose?.({ code, reason } as never);
  }

  subscriptions(): Message[] {
    return this.said.filter(({ type, payload }) => type === 'subscribe' && !isRenewal(payload));
  }
}

function isRenewal(payload: Message['payload']): boolean {
  return payload?.['operationName'] === 'RenewConnection';
}

interface Reader {
  readonly socket: FakeSocket;
  readonly id: string;
}

export class FakeServer {
  readonly sockets: FakeSocket[] = [];
  /** Not to be reached. */
  isDown = false;
  /** Takes connections and says nothing, not even to a ping. */
  isMute = false;
  /** Does not answer connection_init. */
  holdsAck = false;
  /** Closes in place of the acknowledgement. */
  refuses: { code: number; reason: string } | null = null;
  /** Answers a subscription with these errors, one for each. */
  readonly errors: object[] = [];
  /** Begins `replay` events earlier than it was asked. */
  overlap = 0;
  goodTokens: string[] | null = null;
  renewal: object = { data: { renewConnection: { expiresAt: 'x', errors: [] } } };

  readonly #log: number[] = [];
  readonly #readers = new Set<Reader>();

  readonly webSocket = (() => {
    const server = this;
    return class {
      constructor() {
        return server.#connect();
      }
    } as unknown as NonNullable<LiveOptions['webSocket']>;
  })();

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error('nobody has connected');
    return last;
  }

  #connect(): FakeSocket {
    const socket = new FakeSocket(this);
    this.sockets.push(socket);
    queueMicrotask(() => {
      if (socket.closed) return;
      if (this.isDown) socket.cut();
      else if (!this.isMute) socket.open();
    });
    return socket;
  }

  hear(socket: FakeSocket, { type, id = '', payload }: Message): void {
    if (this.isMute || socket.closed) return;
    switch (type) {
      case 'connection_init':
        return this.#init(socket, String(payload?.['Authorization']).replace('Bearer ', ''));
      case 'ping':
        return socket.tell({ type: 'pong' });
      case 'complete':
        return this.#forget((reader) => reader.socket === socket && reader.id === id);
      case 'subscribe':
        if (isRenewal(payload)) {
          socket.tell({ type: 'next', id, payload: this.renewal });
          return socket.tell({ type: 'complete', id });
        }
        return this.#subscribe({ socket, id }, (payload?.['variables'] ?? {}) as Record<string, unknown>);
    }
  }

  #init(socket: FakeSocket, token: string): void {
    if (this.refuses) return socket.cut(this.refuses.code, this.refuses.reason);
    if (this.goodTokens && !this.goodTokens.includes(token)) return socket.cut(4403, 'The token is not valid.');
    if (!this.holdsAck) socket.tell({ type: 'connection_ack' });
  }

  #subscribe(reader: Reader, variables: Record<string, unknown>): void {
    const error = this.errors.shift();
    if (error) return reader.socket.tell({ type: 'error', id: reader.id, payload: [error] });
    this.#readers.add(reader);
    const { after } = variables;
    const from = typeof after === 'string' ? Number(after.slice(1)) - this.overlap : this.#log.length;
    for (const seq of this.#log.filter((seq) => seq > from)) this.tell(reader, added(seq, true));
  }

  tell({ socket, id }: Reader, messageAdded: object): void {
    socket.tell({ type: 'next', id, payload: { data: { messageAdded } } });
  }

  /** Stores messages, and tells them whoever reads. */
  post(count = 1): void {
    for (let n = 0; n < count; n += 1) {
      const seq = this.#log.length + 1;
      this.#log.push(seq);
      for (const reader of [...this.#readers]) this.tell(reader, added(seq, false));
    }
  }

  /** Tells an event whatever the log says. */
  tellAll(event: object): void {
    for (const reader of [...this.#readers]) this.tell(reader, event);
  }

  leave(socket: FakeSocket): void {
    this.#forget((reader) => reader.socket === socket);
  }

  get readers(): number {
    return this.#readers.size;
  }

  #forget(which: (reader: Reader) => boolean): void {
    for (const reader of [...this.#readers]) if (which(reader)) this.#readers.delete(reader);
  }
}

export function added(seq: number, replayed: boolean): object {
  return { cursor: `c${seq}`, replayed, message: { seq } };
}

export const MESSAGES = `subscription Messages($roomId: ID!, $after: String, $last: Int) {
  messageAdded(roomId: $roomId, after: $after, last: $last) { cursor replayed message { seq } }
}`;

export interface Added {
  messageAdded: { cursor: string; message: { seq: number } };
}

/** Signs of the network, given by hand. */
export class FakeWake implements Wake {
  online = true;
  readonly #listeners = new Set<() => void>();

  isOnline = () => this.online;

  watch(woke: () => void): () => void {
    this.#listeners.add(woke);
    return () => this.#listeners.delete(woke);
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  get watched(): number {
    return this.#listeners.size;
  }
}

/** A person with tokens t1, t2, …: another whenever one is refused or runs out. */
export class Tokens {
  current = 1;
  readonly asked: TokenRequest[] = [];

  give = (request: TokenRequest): string => {
    this.asked.push(request);
    if (request.reason !== 'connect') this.current += 1;
    return `t${this.current}`;
  };
}

/** Lets everything happen that needs no time, or this much. */
export async function pass(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

/** Long enough for any one wait. */
export const ANY_WAIT = 31_000;
