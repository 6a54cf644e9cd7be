// Messages on their way: sent in the order they were written, one at a time in each room, each with its own key, until the
// server has answered. They are kept in the browser's storage, so that a reload or a long cut loses none; the key makes
// sure that repeating one never makes a second message. How one is sent is given from outside.

/** A file of a message, as it can be shown before the server has it. */
export interface UnsentFile {
  /** Names it on this page, where it may still be on its way. */
  readonly localId: string;
  /** Null until the server has its bytes. */
  readonly uploadId: string | null;
  readonly name: string;
  readonly byteSize: number;
  /** In pixels; null unless it is an image. */
  readonly width: number | null;
  readonly height: number | null;
  /** Shows it on this page; gone after a reload. */
  readonly previewUrl: string | null;
}

/** What is answered, as it is shown above the message. */
export interface UnsentReply {
  readonly id: string;
  readonly seq: number;
  readonly text: string;
  readonly senderName: string;
}

export interface Written {
  readonly roomId: string;
  readonly text: string;
  readonly replyTo: UnsentReply | null;
  readonly files: readonly UnsentFile[];
}

export interface Unsent extends Written {
  /** The clientMessageId. */
  readonly key: string;
  /** In ms; also the order of sending. */
  readonly writtenAt: number;
  readonly state: 'waiting' | 'sending' | 'failed';
  /** Why it failed, for people; 'FILES_LOST' where the page was closed before the files were uploaded. */
  readonly fault: string | null;
}

export type Outcome =
  | { readonly is: 'sent' }
  /** Repeating it as it is leads nowhere. */
  | { readonly is: 'refused'; readonly message: string }
  /** Nobody can say that it is stored. */
  | { readonly is: 'later'; readonly afterMs: number | null };

/** What the outbox needs of the page; a test gives its own. */
export interface Around {
  /** Sends the files that are not sent yet, then the message. Must not throw: no answer is `later`. */
  readonly send: (message: Unsent) => Promise<Outcome>;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;
  readonly now: () => number;
  readonly newKey: () => string;
  /** Calls back after a time; returns the stop function. */
  readonly after: (ms: number, action: () => void) => () => void;
}

export const FILES_LOST = 'FILES_LOST';
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface Lane {
  busy: boolean;
  tries: number;
  stopTimer: (() => void) | null;
}

export class Outbox {
  readonly #prefix: string;
  readonly #unsent = new Map<string, Unsent>();
  readonly #lanes = new Map<string, Lane>();
  readonly #listeners = new Set<() => void>();
  #byRoom = new Map<string, readonly Unsent[]>();
  #lastWritten = 0;
  #closed = false;

  constructor(
    userId: string,
    private readonly around: Around,
  ) {
    this.#prefix = `tertulia.unsent.${userId}.`;
    for (const unsent of this.#stored()) this.#unsent.set(unsent.key, unsent);
    this.#lastWritten = Math.max(0, ...[...this.#unsent.values()].map(({ writtenAt }) => writtenAt));
  }

  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A room's messages in the order they were written; the very same list until something changes. */
  of(roomId: string): readonly Unsent[] {
    let list = this.#byRoom.get(roomId);
    if (!list) {
      list = [...this.#unsent.values()].filter((unsent) => unsent.roomId === roomId).sort((a, b) => a.writtenAt - b.writtenAt);
      this.#byRoom.set(roomId, list);
    }
    return list;
  }

  /** Sends what a closed page left behind. */
  start(): void {
    this.wake();
  }

  write(written: Written): Unsent {
    // A clock may go back; the order may not.
    this.#lastWritten = Math.max(this.around.now(), this.#lastWritten + 1);
    const unsent: Unsent = { ...written, key: this.around.newKey(), writtenAt: this.#lastWritten, state: 'waiting', fault: null };
    this.#put(unsent);
    this.#run(unsent.roomId);
    return unsent;
  }

  /** A file of a message is stored: it need not be sent again. */
  uploaded(key: string, localId: string, uploadId: string): void {
    const unsent = this.#unsent.get(key);
    if (!unsent) return;
    this.#put({ ...unsent, files: unsent.files.map((file) => (file.localId === localId ? { ...file, uploadId } : file)) });
  }

  retry(key: string): void {
    const unsent = this.#unsent.get(key);
    if (!unsent || unsent.state === 'sending') return;
    this.#put({ ...unsent, state: 'waiting', fault: null });
    this.#again(unsent.roomId);
  }

  discard(key: string): void {
    this.#remove(key);
  }

  /** The message has been seen in its room, be it that the answer to its send was lost. */
  arrived(key: string): void {
    this.#remove(key);
  }

  /** There may be a connection again: whatever waits is tried now. */
  wake(): void {
    const rooms = new Set([...this.#unsent.values()].map(({ roomId }) => roomId));
    for (const roomId of rooms) this.#again(roomId);
  }

  /** Another tab sent or discarded one: `storageKey` is gone. */
  removedElsewhere(storageKey: string): void {
    if (storageKey.startsWith(this.#prefix)) this.#remove(storageKey.slice(this.#prefix.length));
  }

  /** Sends nothing more; what is left stays stored. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) lane.stopTimer?.();
  }

  #again(roomId: string): void {
    const lane = this.#lane(roomId);
    lane.stopTimer?.();
    lane.stopTimer = null;
    lane.tries = 0;
    this.#run(roomId);
  }

  #run(roomId: string): void {
    const lane = this.#lane(roomId);
    if (lane.busy || lane.stopTimer || this.#closed) return;
    const next = this.of(roomId).find(({ state }) => state === 'waiting');
    if (!next) return;
    lane.busy = true;
    const sending: Unsent = { ...next, state: 'sending' };
    this.#put(sending);
    void this.around.send(sending).then((outcome) => {
      lane.busy = false;
      this.#learn(sending, outcome, lane);
      this.#run(roomId);
    });
  }

  #learn({ key, roomId }: Unsent, outcome: Outcome, lane: Lane): void {
    // It may have arrived or been discarded meanwhile.
    const unsent = this.#unsent.get(key);
    if (outcome.is === 'later') {
      if (unsent) this.#put({ ...unsent, state: 'waiting' });
      this.#pause(roomId, lane, outcome.afterMs);
      return;
    }
    lane.tries = 0;
    if (outcome.is === 'sent') this.#remove(key);
    else if (unsent) this.#put({ ...unsent, state: 'failed', fault: outcome.message });
  }

  #pause(roomId: string, lane: Lane, afterMs: number | null): void {
    if (this.#closed) return;
    const backOff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** lane.tries);
    lane.tries += 1;
    lane.stopTimer = this.around.after(afterMs ?? backOff, () => {
      lane.stopTimer = null;
      this.#run(roomId);
    });
  }

  #lane(roomId: string): Lane {
    let lane = this.#lanes.get(roomId);
    if (!lane) {
      lane = { busy: false, tries: 0, stopTimer: null };
      this.#lanes.set(roomId, lane);
    }
    return lane;
  }

  #put(unsent: Unsent): void {
    this.#unsent.set(unsent.key, unsent);
    this.#store(unsent);
    this.#changed();
  }

  #remove(key: string): void {
    if (!this.#unsent.delete(key)) return;
    this.around.storage.removeItem(this.#prefix + key);
    this.#changed();
  }

  #changed(): void {
    this.#byRoom = new Map();
    for (const listener of this.#listeners) listener();
  }

  /** A full or forbidden storage costs no more than the survival of a reload. */
  #store(unsent: Unsent): void {
    const files = unsent.files.map((file) => ({ ...file, previewUrl: null }));
    const state = unsent.state === 'sending' ? 'waiting' : unsent.state;
    try {
      this.around.storage.setItem(this.#prefix + unsent.key, JSON.stringify({ ...unsent, files, state } satisfies Unsent));
    } catch {
      // It is sent from memory.
    }
  }

  #stored(): Unsent[] {
    const { storage } = this.around;
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
    const ours = keys.filter((key) => key?.startsWith(this.#prefix));
    return ours.map((key) => revive(storage.getItem(key ?? ''))).filter((unsent) => unsent !== null);
  }
}

/** What a closed page left; null where it makes no sense. */
function revive(stored: string | null): Unsent | null {
  try {
    const unsent = JSON.parse(stored ?? 'null') as Unsent | null;
    if (!unsent || typeof unsent.key !== 'string' || typeof unsent.roomId !== 'string' || typeof unsent.text !== 'string') return null;
    if (unsent.files.some(({ uploadId }) => uploadId === null)) return { ...unsent, state: 'failed', fault: FILES_LOST };
    return unsent;
  } catch {
    return null;
  }
}
