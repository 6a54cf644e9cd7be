// One subscription, sent anew on every wire from where it stands.
import type { ConnectionState } from './connection';
import { Place, type Event } from './place';
import { backoff } from './timing';
import type { Ended, Following, GraphQLFault, Handlers, Payload, Result, State, Timing, WaitReason } from './types';
import { codeOf, ofErrors } from './verdict';
import type { Wire } from './wire';

/** What a following needs of whoever has it. */
export interface Host {
  readonly timing: Timing;
  readonly random: () => number;
  /** Runs a handler; what it throws is reported and nothing more. */
  guard<Given>(handler: () => Given): Given | undefined;
  refuseToken(wire: Wire): void;
  changed(): void;
  /** It is over, or was stopped. */
  forget(following: Follower): void;
}

type Data = Record<string, unknown>;

export class Follower implements Following {
  readonly #payload: Payload;
  readonly #handlers: Handlers<Data>;
  readonly #host: Host;
  /** Whether the operation can be told where to go on. */
  readonly #resumes: boolean;
  #place: Place;
  #hasBegun = false;

  #state: State = { is: 'connecting' };
  #wire: Wire | null = null;
  #leave: (() => void) | undefined;
  #failures = 0;
  #startedAt = 0;
  /** Until then it waits on its own account, whatever the wire does. */
  #pause: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;
  /** The server says how much is to come, and where that ends. */
  #isTold = false;
  /** The app is asked where to go on. */
  #isResetting = false;
  #isOver = false;

  constructor(payload: Payload, handlers: Handlers<Data>, host: Host) {
    this.#payload = payload;
    this.#handlers = handlers;
    this.#host = host;
    const { query, variables } = payload;
    // A document that is named and not sent cannot be looked at.
    this.#resumes = query ? /\$after\b/.test(query) : variables?.['after'] !== undefined;
    const after = variables?.['after'];
    this.#place = new Place(query ?? '', typeof after === 'string' ? after : null);
  }

  get state(): State {
    return this.#state;
  }

  get cursor(): string | null {
    return this.#place.cursor;
  }

  stop(): boolean {
    if (this.#isOver) return false;
    this.#finish({ is: 'ended', code: 'CLOSED', message: 'It was stopped.' });
    return true;
  }

  end(code: string, message: string): void {
    if (this.#isOver) return;
    const ended: Ended = { is: 'ended', code, message };
    this.#finish(ended);
    this.#host.guard(() => this.#handlers.state?.(ended));
    this.#host.guard(() => this.#handlers.ended?.(ended));
  }

  /** The connection is in another state; where it is open, on this wire. */
  follow(connection: ConnectionState, wire: Wire | null): void {
    if (this.#isOver) return;
    if (wire) {
      if (wire !== this.#wire) this.#attach(wire);
      return;
    }
    this.#detach();
    if (connection.is === 'ended') return this.end(connection.code, connection.message);
    if (connection.is === 'waiting' || connection.is === 'connecting') this.#set(connection);
  }

  #attach(wire: Wire): void {
    this.#detach();
    this.#wire = wire;
    if (this.#pause === undefined && !this.#isResetting) this.#begin();
  }

  #detach(): void {
    clearTimeout(this.#settling);
    this.#wire = null;
    this.#leave = undefined;
  }

  #finish(ended: Ended): void {
    this.#isOver = true;
    clearTimeout(this.#pause);
    clearTimeout(this.#settling);
    this.#leave?.();
    this.#wire = null;
    this.#state = ended;
    this.#host.forget(this);
  }

  #set(state: State): void {
    if (this.#isOver || same(state, this.#state)) return;
    this.#state = state;
    this.#host.guard(() => this.#handlers.state?.(state));
    this.#host.changed();
  }

  #begin(): void {
    const wire = this.#wire;
    if (!wire) return;
    this.#isTold = false;
    this.#startedAt = Date.now();
    this.#settle();
    // Whatever comes after a newer start belongs to nobody.
    const isCurrent = () => wire === this.#wire && leave === this.#leave;
    const leave = wire.subscribe(this.#request(), {
      next: (result) => isCurrent() && this.#receive(result),
      error: (errors) => isCurrent() && this.#fail(wire, errors as readonly GraphQLFault[]),
      complete: () => isCurrent() && this.end('COMPLETE', 'The server ended the subscription.'),
    });
    if (wire !== this.#wire) return;
    this.#leave = leave;
    this.#set(this.#resumes ? { is: 'catchingUp', backlog: null } : { is: 'connecting' });
  }

  /** The operation from where it stands. `last` was for the beginning: now it would leave out what is older. */
  #request(): Payload {
    const { variables } = this.#payload;
    const { cursor } = this.#place;
    if (!this.#resumes || cursor === null || (!this.#hasBegun && cursor === variables?.['after'])) return this.#payload;
    const further = { ...variables, after: cursor };
    if ('last' in further) further.last = null;
    return { ...this.#payload, variables: further };
  }

  #receive(result: Result<Data>): void {
    const event = onlyField(result.data);
    if (!event) {
      this.#hand(result, { cursor: null, replayed: false });
      return;
    }
    const { cursor } = event;
    if (!this.#resumes) {
      this.#hand(result, { cursor: typeof cursor === 'string' ? cursor : null, replayed: false });
      return this.#set({ is: 'live' });
    }
    if (typeof cursor !== 'string') {
      return this.end('NO_CURSOR', 'The operation takes $after and does not select the cursor to give it next time.');
    }
    this.#hasBegun = true;
    if (this.#place.isPast(event)) return;
    // What is to be caught up with is told before the event, and that it is over behind it.
    const begins = event.replayed !== false;
    if (begins) this.#judge(event);
    this.#place.take(event, cursor);
    this.#hand(result, { cursor, replayed: event.replayed === true });
    if (!begins) this.#judge(event);
  }

  #hand(result: Result<Data>, position: { cursor: string | null; replayed: boolean }): void {
    this.#host.guard(() => this.#handlers.next(result, position));
  }

  #judge(event: Event): void {
    if (this.#isOver) return;
    if (typeof event.backlog === 'number') {
      this.#isTold = true;
      clearTimeout(this.#settling);
      return this.#set({ is: 'catchingUp', backlog: event.backlog });
    }
    if (event.replayed === false || event.__typename === 'CaughtUp') {
      clearTimeout(this.#settling);
      return this.#set({ is: 'live' });
    }
    if (this.#isTold) return;
    if (event.replayed === true) this.#set({ is: 'catchingUp', backlog: null });
    if (this.#state.is === 'catchingUp') this.#settle();
  }

  /** Takes it for live when nothing old has come for a while. */
  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#set({ is: 'live' }), this.#host.timing.settle);
  }

  #fail(wire: Wire, errors: readonly GraphQLFault[]): void {
    clearTimeout(this.#settling);
    this.#leave = undefined;
    const message = errors[0]?.message ?? 'The server refused the subscription, and did not say why.';
    const verdict = ofErrors(errors);
    switch (verdict.do) {
      case 'freshToken':
        return this.#host.refuseToken(wire);
      case 'wait':
        return this.#wait(verdict.reason, message, verdict.hint);
      case 'reset':
        return void this.#reset(message);
      case 'end':
        return this.end(codeOf(errors), message);
    }
  }

  #wait(reason: WaitReason, message: string, hint: number | null): void {
    const { timing, random } = this.#host;
    if (Date.now() - this.#startedAt >= timing.stable) this.#failures = 0;
    const wait = backoff(this.#failures, hint, timing, random);
    this.#failures += 1;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#begin();
    }, wait);
    this.#set({ is: 'waiting', reason, message, retryAt: Date.now() + wait });
  }

  async #reset(message: string): Promise<void> {
    const { reset } = this.#handlers;
    this.#isResetting = true;
    this.#set({ is: 'connecting' });
    let cursor: string | null | undefined | void;
    try {
      cursor = await reset?.call(this.#handlers);
    } catch (error) {
      this.#isResetting = false;
      if (this.#isOver) return;
      this.#host.guard(() => {
        throw error;
      });
      return this.#wait('fault', message, null);
    }
    this.#isResetting = false;
    if (this.#isOver) return;
    if (typeof cursor !== 'string') return this.end('CURSOR_EXPIRED', message);
    this.#place = new Place(this.#payload.query ?? '', cursor);
    this.#begin();
  }
}

function onlyField(data: Data | null | undefined): Event | null {
  const [field] = Object.values(data ?? {});
  return typeof field === 'object' ? field : null;
}

function same(a: State, b: State): boolean {
  if (a === b) return true;
  if (a.is === 'catchingUp' && b.is === 'catchingUp') return a.backlog === b.backlog;
  return a.is === b.is && a.is !== 'waiting' && a.is !== 'ended';
}
