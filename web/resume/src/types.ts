// What the helper takes and gives. Payloads, results and sinks have the shape that npm `graphql-ws` gives them.

/** An operation as it goes over the wire. */
export interface Payload {
  readonly query?: string | null | undefined;
  /** In place of `query`, for a document that the operator has stored. */
  readonly documentId?: string | null | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly extensions?: Record<string, unknown> | null | undefined;
}

export interface GraphQLFault {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly [name: string]: unknown };
}

export interface Result<Data, Extensions = unknown> {
  data?: Data | null;
  errors?: readonly GraphQLFault[];
  extensions?: Extensions;
}

export interface Sink<Value> {
  next(value: Value): void;
  error(error: unknown): void;
  complete(): void;
}

/** Why the helper waits before it tries again. */
export type WaitReason =
  /** The device says that it has no network. */
  | 'offline'
  /** The connection broke, fell silent or could not be made. */
  | 'lost'
  /** The server restarts. */
  | 'restart'
  /** The server asks to come back later. */
  | 'busy'
  /** There was no luck with a fresh token. */
  | 'token'
  /** A fault of the server. */
  | 'fault';

export interface Waiting {
  readonly is: 'waiting';
  readonly reason: WaitReason;
  /** For a log; a page says it in its own words. */
  readonly message: string;
  /** As `Date.now()` has it. */
  readonly retryAt: number;
}

export interface Ended {
  readonly is: 'ended';
  /** An `ErrorCode` of the schema, or NO_CURSOR, COMPLETE, CLIENT_FAULT or CLOSED. */
  readonly code: string;
  readonly message: string;
}

export type State =
  /** Nobody follows anything. */
  | { readonly is: 'idle' }
  | { readonly is: 'connecting' }
  /** `backlog` is how many events were missed, where the server told. */
  | { readonly is: 'catchingUp'; readonly backlog: number | null }
  | { readonly is: 'live' }
  | Waiting
  | Ended;

export interface TokenRequest {
  /** A connection is about to be made; the token in use runs out soon; the server does not take it any more. */
  readonly reason: 'connect' | 'expiring' | 'refused';
  /** The token that will not do, where there is one: bring another. */
  readonly stale: string | null;
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

/** Tells when a lost connection may be back, or a silent one lost: after sleep, or with the network. */
export interface Wake {
  isOnline(): boolean;
  /** Calls `woke` at each such moment until the returned function is called. */
  watch(woke: () => void): () => void;
}

/** As much of the browser's WebSocket as the helper uses. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** In milliseconds. */
export interface Timing {
  /** From opening a socket to the server's acknowledgement. */
  connect: number;
  /** What the token callback may take. */
  token: number;
  /** Silence after which the server is asked whether it is there. */
  quiet: number;
  /** What its answer may take, */
  pong: number;
  /** and what it may take after a wake. */
  probe: number;
  /** What a connection must have held to begin anew with the shortest wait. */
  stable: number;
  /** The longest first wait; each further one is twice as long, */
  backoffFirst: number;
  /** up to this. */
  backoffMax: number;
  /** How long nothing replayed must have come for `messageAdded`, which does not tell, to be called live. */
  settle: number;
  /** How long a socket is kept that nobody uses. */
  linger: number;
}

export interface LiveOptions {
  /** Where the server's /graphql is. `http` and `https` are turned into `ws` and `wss`. */
  url: string | URL;
  /**
   * Gives an access token, or null when there is none to be had without the person signing in. A rejection is taken for
   * bad luck, and tried again.
   */
  token: (request: TokenRequest) => string | null | Promise<string | null>;
  /** In place of the global one. */
  webSocket?: new (url: string, protocol: string) => SocketLike;
  /** In place of the browser's events; null for none. */
  wake?: Wake | null;
  /** In place of `Math.random`. */
  random?: () => number;
  timing?: Partial<Timing>;
  /** What to do with an error that a handler threw; in a browser it shows as uncaught unless you say otherwise. */
  report?: (error: unknown) => void;
}

/** What a result tells beside its data. */
export interface Position {
  /** Of this result, and null where it has none. */
  readonly cursor: string | null;
  /** Whether it was stored before the subscription began. */
  readonly replayed: boolean;
}

export interface Handlers<Data> {
  /** Each event once, in order. What it throws is reported, and the next event comes. */
  next(result: Result<Data>, position: Position): void;
  /** How it is, at each change. */
  state?(state: State): void;
  /**
   * The server no longer knows the cursor (CURSOR_EXPIRED): load everything again, and give the new `headCursor` to go on
   * from there. Without this handler, or when it gives nothing, the following ends.
   */
  reset?(): string | null | undefined | void | Promise<string | null | undefined | void>;
  /** It is over for good. Not called after `stop`. */
  ended?(end: Ended): void;
}

/** A subscription that is kept complete. */
export interface Following {
  readonly state: State;
  /** The last one taken in. */
  readonly cursor: string | null;
  stop(): void;
}
