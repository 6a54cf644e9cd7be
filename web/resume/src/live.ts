// All subscriptions of a page on one connection.
import { Connection } from './connection';
import { Follower, type Host } from './following';
import { TIMING } from './timing';
import type { Following, Handlers, LiveOptions, Payload, Result, Sink, State, Wake } from './types';
import { browserWake } from './wake';

export interface Live {
  /** How it stands with all of it; the object is replaced when that changes. */
  readonly state: State;
  /** Calls the listener at each change until the returned function is called. */
  onState(listener: () => void): () => void;
  /** As npm `graphql-ws` has it; the subscription is kept complete. */
  subscribe<Data = Record<string, unknown>, Extensions = unknown>(
    payload: Payload,
    sink: Sink<Result<Data, Extensions>>,
  ): () => void;
  /** The same with more to say and to hear. */
  follow<Data = Record<string, unknown>>(payload: Payload, handlers: Handlers<Data>): Following;
  /** Connects at once if it waits, unless the server has asked for the wait. */
  retry(): void;
  /** Ends all of it for good. */
  close(): void;
}

/** Nothing is opened before something is followed. */
export function connectLive(options: LiveOptions): Live {
  const timing = { ...TIMING, ...options.timing };
  const random = options.random ?? Math.random;
  const report = options.report ?? reportUncaught;
  const followers = new Set<Follower>();
  const listeners = new Set<() => void>();
  const connection = new Connection(options, wakeOf(options), random, timing, { changed: spread });
  let linger: ReturnType<typeof setTimeout> | undefined;
  let state: State = { is: 'idle' };

  const host: Host = {
    timing,
    random,
    guard(handler) {
      try {
        return handler();
      } catch (error) {
        report(error);
        return undefined;
      }
    },
    refuseToken: (wire) => connection.refuseToken(wire),
    changed: announce,
    forget(follower) {
      followers.delete(follower);
      if (followers.size === 0) {
        clearTimeout(linger);
        linger = setTimeout(() => connection.stop(), timing.linger);
      }
      announce();
    },
  };

  /** The connection has changed: all followers hear of it. */
  function spread(): void {
    if (connection.state.is === 'ended') clearTimeout(linger);
    for (const follower of [...followers]) follower.follow(connection.state, connection.wire);
    announce();
  }

  function announce(): void {
    const now = overall();
    if (now === state || (now.is === state.is && (now.is === 'idle' || now.is === 'connecting' || now.is === 'live'))) return;
    state = now;
    for (const listener of [...listeners]) host.guard(listener);
  }

  /** The connection's state while it is not open, and else that of whoever is furthest from live. */
  function overall(): State {
    if (connection.state.is === 'ended') return connection.state;
    if (followers.size === 0) return { is: 'idle' };
    if (connection.state.is === 'waiting') return connection.state;
    if (connection.state.is !== 'open') return { is: 'connecting' };
    const states = [...followers].map((follower) => follower.state);
    for (const is of ['waiting', 'catchingUp', 'connecting'] as const) {
      const found = states.find((each) => each.is === is);
      if (found) return found;
    }
    return { is: 'live' };
  }

  function follow<Data>(payload: Payload, handlers: Handlers<Data>): Follower {
    const follower = new Follower(payload, handlers as Handlers<Record<string, unknown>>, host);
    followers.add(follower);
    clearTimeout(linger);
    // Later, so that nothing is told before the caller has what is returned.
    queueMicrotask(() => {
      if (!followers.has(follower)) return;
      connection.start();
      follower.follow(connection.state, connection.wire);
      announce();
    });
    return follower;
  }

  return {
    get state() {
      return state;
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    follow,
    subscribe<Data, Extensions>(payload: Payload, sink: Sink<Result<Data, Extensions>>) {
      const follower = follow<Data>(payload, {
        next: (result) => sink.next(result as Result<Data, Extensions>),
        ended({ code, message }) {
          if (code === 'COMPLETE') sink.complete();
          else sink.error([{ message, extensions: { code } }]);
        },
      });
      return () => {
        if (follower.stop()) host.guard(() => sink.complete());
      };
    },
    retry: () => connection.retry(),
    close: () => connection.end('CLOSED', 'The page closed the connection.'),
  };
}

function wakeOf({ wake }: LiveOptions): Wake | null {
  if (wake !== undefined) return wake;
  return typeof document === 'undefined' ? null : browserWake;
}

function reportUncaught(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else console.error(error);
}
