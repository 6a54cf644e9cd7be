// One socket that speaks `graphql-transport-ws`, from its opening to its end. What comes after the end is not listened to;
// nobody waits for a far side that may be gone.
import type { GraphQLFault, Payload, Result, Sink, SocketLike, Timing } from './types';
import { ABNORMAL, type Closing } from './verdict';

export interface WireOwner {
  acknowledged(): void;
  /** The token runs out soon. */
  expiring(): void;
  /** The last thing that is told. */
  closed(closing: Closing): void;
}

type Operation = Sink<Result<Record<string, unknown>>>;

export class Wire {
  readonly #socket: SocketLike;
  readonly #owner: WireOwner;
  readonly #timing: Timing;
  readonly #operations = new Map<string, Operation>();
  readonly #deadline: ReturnType<typeof setTimeout>;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #probes: ReturnType<typeof setTimeout>[] = [];
  #state: 'new' | 'open' | 'over' = 'new';
  #lastId = 0;
  #heardAt = 0;

  constructor(socket: SocketLike, token: string, timing: Timing, owner: WireOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#timing = timing;
    this.#deadline = setTimeout(() => this.#drop('The server took too long to let us in.'), timing.connect);
    socket.onopen = () => this.#send({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } });
    socket.onmessage = (event: { data: unknown }) => this.#read(event.data);
    socket.onclose = ({ code, reason }: Closing) => this.#end({ code, reason });
    // A close follows, which says more.
    socket.onerror = () => {};
  }

  /** Starts an operation. It is told nothing when the wire ends; the owner is. */
  subscribe(payload: Payload, operation: Operation): () => void {
    const id = String(++this.#lastId);
    this.#operations.set(id, operation);
    this.#send({ type: 'subscribe', id, payload });
    return () => {
      if (this.#operations.delete(id)) this.#send({ type: 'complete', id });
    };
  }

  /** Asks whether the server is there; if nothing comes from it in time, the wire is over. */
  probe(within: number): void {
    if (this.#state !== 'open') return;
    this.#send({ type: 'ping' });
    this.#probes.push(setTimeout(() => this.#drop('The connection fell silent.'), within));
  }

  close(): void {
    this.#finish({ code: 1000, reason: 'Done.' });
  }

  /** Ends it without a word from the server. */
  #drop(reason: string): void {
    this.#finish({ code: 4499, reason: 'Dropped.' }, { code: ABNORMAL, reason });
  }

  #finish(said: Closing, told?: Closing): void {
    if (this.#state === 'over') return;
    this.#end(told ?? said);
    try {
      this.#socket.close(said.code, said.reason);
    } catch {
      // It is as good as closed.
    }
  }

  #end(closing: Closing): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#deadline);
    clearTimeout(this.#quiet);
    this.#forgetProbes();
    this.#operations.clear();
    this.#owner.closed(closing);
  }

  #send(message: object): void {
    if (this.#state === 'over') return;
    try {
      this.#socket.send(JSON.stringify(message));
    } catch {
      this.#drop('The socket takes nothing.');
    }
  }

  #read(data: unknown): void {
    if (this.#state === 'over') return;
    this.#heard();
    const message = parse(data);
    if (!message || (this.#state === 'new' && 'id' in message)) return this.#drop('The server sent what is no message.');
    switch (message.type) {
      case 'connection_ack':
        return this.#acknowledged();
      case 'ping':
        this.#send({ type: 'pong' });
        if (message.payload?.['warning'] === 'TOKEN_EXPIRES' && this.#state === 'open') this.#owner.expiring();
        return;
      case 'pong':
        return;
      case 'next':
        return this.#operations.get(message.id)?.next(message.payload);
      case 'error':
        return this.#take(message.id)?.error(message.payload);
      case 'complete':
        return this.#take(message.id)?.complete();
    }
  }

  #take(id: string): Operation | undefined {
    const operation = this.#operations.get(id);
    this.#operations.delete(id);
    return operation;
  }

  #acknowledged(): void {
    if (this.#state !== 'new') return;
    this.#state = 'open';
    clearTimeout(this.#deadline);
    this.#listen(this.#timing.quiet);
    this.#owner.acknowledged();
  }

  #heard(): void {
    this.#heardAt = Date.now();
    this.#forgetProbes();
  }

  #forgetProbes(): void {
    for (const probe of this.#probes) clearTimeout(probe);
    this.#probes = [];
  }

  /** One timer for all silences: it looks when the last one began, and comes again when that may be too long. */
  #listen(after: number): void {
    this.#quiet = setTimeout(() => {
      const silent = Date.now() - this.#heardAt;
      if (silent >= this.#timing.quiet) this.probe(this.#timing.pong);
      this.#listen(Math.max(this.#timing.quiet - silent, this.#timing.pong));
    }, after);
  }
}

type Message =
  | { type: 'connection_ack' | 'pong' }
  | { type: 'ping'; payload?: Record<string, unknown> | null }
  | { type: 'next'; id: string; payload: Result<Record<string, unknown>> }
  | { type: 'error'; id: string; payload: readonly GraphQLFault[] }
  | { type: 'complete'; id: string };

/** Undefined where it is no message of the protocol. */
function parse(data: unknown): Message | undefined {
  if (typeof data !== 'string') return undefined;
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  const { type, id, payload } = message;
  switch (type) {
    case 'connection_ack':
    case 'pong':
    case 'ping':
      return message as Message;
    case 'next':
      return typeof id === 'string' && isObject(payload) ? (message as Message) : undefined;
    case 'error':
      return typeof id === 'string' && Array.isArray(payload) ? (message as Message) : undefined;
    case 'complete':
      return typeof id === 'string' ? (message as Message) : undefined;
    default:
      return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
