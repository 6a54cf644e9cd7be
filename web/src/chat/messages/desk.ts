// What the message panes of a page have in common, for as long as one person is signed in: the rooms that were looked at,
// what is on its way to the server, and what is not sent yet.
import { act } from '../../shared/api/act';
import { type Fault, mayPass, networkFault } from '../../shared/api/faults';
import { newId } from '../../shared/api/ids';
import type { Api } from '../../shared/api/client';
import { upload } from '../../shared/api/upload';
import { Drafts } from '../composer/drafts';
import { FILES_LOST, Outbox, type Outcome, type Unsent } from '../composer/outbox';
import { measureImage, Uploads } from '../composer/uploads';
import { Conversation } from './conversation';
import { SendMessage } from './operations';
import { remoteOver } from './remote';

/** Rooms that are held after another was opened, so that going back shows them at once. */
const ROOMS_HELD = 8;
/** How long an answer may take before nobody can say whether the message is stored. */
const ANSWER_MS = 20_000;
/** A session that has ended can begin again; the message waits for that. */
const UNTIL_SIGNED_IN = ['UNAUTHENTICATED', 'TOKEN_EXPIRED'];

export class Desk {
  readonly outbox: Outbox;
  readonly uploads: Uploads;
  readonly drafts: Drafts;
  readonly #rooms = new Map<string, Conversation>();
  readonly #stops: (() => void)[] = [];

  constructor(
    readonly api: Api,
    readonly viewerId: string,
    /** For a fault's sentence in the language of the moment. */
    private readonly say: (fault: Fault) => string,
  ) {
    this.uploads = new Uploads({
      send: (file, options) => upload(api.direct, file, options),
      newId,
      preview: (file) => URL.createObjectURL(file),
      forget: (url) => URL.revokeObjectURL(url),
      measure: measureImage,
    });
    this.drafts = new Drafts(viewerId, sessionStorage);
    this.outbox = new Outbox(viewerId, {
      send: (unsent) => this.#send(unsent),
      storage: localStorage,
      now: () => Date.now(),
      newKey: newId,
      after: (ms, action) => {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
    });
  }

  /** Begins to send what a closed page left, and takes note of what the browser tells of the network and of other tabs. */
  start(): void {
    const wake = () => this.outbox.wake();
    const onStorage = ({ key, newValue }: StorageEvent) => {
      if (key !== null && newValue === null) this.outbox.removedElsewhere(key);
    };
    const onLeave = (event: BeforeUnloadEvent) => {
      if (this.uploads.areUnderWay) event.preventDefault();
    };
    addEventListener('online', wake);
    addEventListener('storage', onStorage);
    addEventListener('beforeunload', onLeave);
    const { live } = this.api;
    let was = live.state.is;
    const stopLive = live.onState(() => {
      if (live.state.is === 'live' && was !== 'live') wake();
      was = live.state.is;
    });
    this.#stops.push(stopLive, () => {
      removeEventListener('online', wake);
      removeEventListener('storage', onStorage);
      removeEventListener('beforeunload', onLeave);
    });
    wake();
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const room of this.#rooms.values()) room.close();
    this.outbox.close();
  }

  room(roomId: string): Conversation {
    const { direct, client, live } = this.api;
    const room = this.#rooms.get(roomId) ?? new Conversation(roomId, this.viewerId, remoteOver(direct, client, live), this.outbox);
    // The one that was looked at last is the last to be forgotten.
    this.#rooms.delete(roomId);
    this.#rooms.set(roomId, room);
    for (const [id, held] of this.#rooms) {
      if (this.#rooms.size <= ROOMS_HELD) break;
      if (!held.isOpen && id !== roomId) this.#rooms.delete(id);
    }
    return room;
  }

  async #send(unsent: Unsent): Promise<Outcome> {
    const uploadIds: string[] = [];
    for (const { localId, uploadId } of unsent.files) {
      const stored = uploadId === null ? await this.uploads.stored(localId) : ({ ok: true, uploadId } as const);
      if (!stored) return { is: 'refused', message: FILES_LOST };
      if (!stored.ok) return this.#outcome(stored.faults);
      if (uploadId === null) this.outbox.uploaded(unsent.key, localId, stored.uploadId);
      uploadIds.push(stored.uploadId);
    }
    return this.#post(unsent, uploadIds);
  }

  async #post({ key, roomId, text, replyTo, files }: Unsent, uploadIds: string[]): Promise<Outcome> {
    const room = this.#rooms.get(roomId);
    const asked = room?.timeline.asks();
    const input = { roomId, text, uploadIds, clientMessageId: key, replyToId: replyTo?.id ?? null };
    const outcome = await soon(act(this.api.direct, SendMessage, { input }));
    const edge = outcome?.ok ? outcome.payload.edge : null;
    if (room && asked) {
      if (edge) room.timeline.sent(asked, { cursor: edge.cursor, message: edge.node });
      room.timeline.done(asked);
      room.touched();
    }
    if (!edge) return this.#outcome(outcome?.ok === false ? outcome.faults : [networkFault()]);
    for (const { localId } of files) this.uploads.drop(localId);
    return { is: 'sent' };
  }

  #outcome([fault = networkFault()]: readonly Fault[]): Outcome {
    const isTransient = fault.code !== 'INTERNAL' && mayPass(fault);
    if (isTransient || UNTIL_SIGNED_IN.includes(fault.code)) return { is: 'later', afterMs: fault.retryAfterMs };
    return { is: 'refused', message: this.say(fault) };
  }
}

/** Null when it takes too long. */
async function soon<T>(answer: Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
