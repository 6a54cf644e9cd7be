// Follows subscriptions over one WebSocket, sending each again with its last cursor after a cut.
import { type Client, createClient } from 'graphql-ws';

export type WaitReason = 'offline' | 'lost' | 'restart' | 'busy' | 'token' | 'fault';

export type State =
  | { is: 'idle' }
  | { is: 'connecting' }
  | { is: 'catchingUp'; backlog: number | null }
  | { is: 'live' }
  | { is: 'waiting'; reason: WaitReason; message: string; retryAt: number }
  | { is: 'ended'; code: string; message: string };

export interface End {
  readonly code: string;
  readonly message: string;
}

export interface Payload {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

export interface Handlers<Data> {
  next(result: { data?: Data | null }, told: { cursor: string | null; replayed: boolean }): void;
  state?(state: State): void;
  reset?(): Promise<string | undefined> | string | undefined;
  ended?(end: End): void;
}

export interface Following {
  readonly cursor: string | null;
  readonly state: State;
  stop(): void;
}

export interface Options {
  readonly url: URL;
  readonly token: (request: { reason: 'connect' | 'expiring' | 'refused'; refused?: string; signal: AbortSignal }) => Promise<string | null>;
}

export interface Live {
  readonly state: State;
  onState(listener: () => void): () => void;
  follow<Data>(payload: Payload, handlers: Handlers<Data>): Following;
  retry(): void;
  close(): void;
}

const FORBIDDEN = 4403;

export function connectLive({ url, token }: Options): Live {
  let state: State = { is: 'idle' };
  let refused: string | undefined;
  let sent: string | undefined;
  let over = false;
  const listeners = new Set<() => void>();
  const become = (next: State) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const client: Client = createClient({
    url: url.href.replace(/^http/, 'ws'),
    retryAttempts: Number.POSITIVE_INFINITY,
    connectionParams: async () => {
      const reason = refused === undefined ? 'connect' : 'refused';
      const fresh = await token({ reason, ...(refused === undefined ? {} : { refused }), signal: new AbortController().signal });
      refused = undefined;
      if (fresh === null) {
        over = true;
        become({ is: 'ended', code: 'UNAUTHENTICATED', message: 'Signed out.' });
        throw new Error('signed out');
      }
      sent = fresh;
      return { Authorization: `Bearer ${fresh}` };
    },
    shouldRetry: () => !over,
    on: {
      connecting: () => become({ is: 'connecting' }),
      connected: () => become({ is: 'live' }),
      closed: (event) => {
        if ((event as CloseEvent).code === FORBIDDEN) refused = sent;
        if (!over) become({ is: 'waiting', reason: navigator.onLine ? 'lost' : 'offline', message: '', retryAt: Date.now() + 2_000 });
      },
    },
  });
  return {
    get state() {
      return state;
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    follow<Data>(payload: Payload, handlers: Handlers<Data>): Following {
      let cursor = (payload.variables?.after as string | undefined) ?? null;
      const variables = { ...payload.variables };
      Object.defineProperty(variables, 'after', { enumerable: cursor !== null, get: () => cursor, configurable: true });
      const off = this.onState(() => handlers.state?.(state));
      handlers.state?.(state);
      const stop = client.subscribe<Record<string, { cursor?: string; replayed?: boolean }>>(
        { ...payload, variables: cursor === null ? { ...payload.variables } : variables },
        {
          next: (result) => {
            const [event] = Object.values(result.data ?? {});
            cursor = event?.cursor ?? cursor;
            handlers.next(result as { data?: Data | null }, { cursor, replayed: event?.replayed ?? false });
          },
          error: (cause) => {
            const first = Array.isArray(cause) ? (cause[0] as { message: string; extensions?: { code?: string } }) : undefined;
            handlers.ended?.({ code: first?.extensions?.code ?? 'CLIENT_FAULT', message: first?.message ?? String(cause) });
          },
          complete: () => {},
        },
      );
      return {
        get cursor() {
          return cursor;
        },
        get state() {
          return state;
        },
        stop: () => {
          off();
          stop();
        },
      };
    },
    retry: () => {},
    close: () => {
      over = true;
      void client.dispose();
    },
  };
}
