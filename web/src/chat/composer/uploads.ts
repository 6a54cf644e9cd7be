// Files on their way to the server, from the moment they are chosen: a message is written while its files travel. They
// belong to the page, not to the composer: a message that is sent meanwhile takes its files along.
import { type Fault, networkFault } from '../../shared/api/faults';
import type { Uploaded } from '../../shared/api/upload';

export interface Upload {
  readonly id: string;
  readonly file: File;
  /** For images; shows the file from this browser's own copy. */
  readonly previewUrl: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly state: UploadState;
}

export type UploadState =
  | { readonly is: 'waiting' }
  /** `part` is from 0 to 1. */
  | { readonly is: 'sending'; readonly part: number }
  | { readonly is: 'stored'; readonly uploadId: string }
  | { readonly is: 'failed'; readonly fault: Fault };

/** What uploads need of the page; a test gives its own. */
export interface Around {
  readonly send: (file: File, options: { onProgress: (part: number) => void; signal: AbortSignal }) => Promise<Uploaded>;
  readonly newId: () => string;
  readonly preview: (file: File) => string;
  readonly forget: (previewUrl: string) => void;
  /** Of an image that the browser can show. */
  readonly measure: (previewUrl: string) => Promise<{ width: number; height: number } | null>;
}

/** A browser opens six connections to a server: some must be left for everything else. */
const AT_ONCE = 3;
const SHOWN = /^image\/(png|jpeg|gif|webp)$/;

export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  readonly #stops = new Map<string, AbortController>();
  readonly #results = new Map<string, Promise<Uploaded>>();
  readonly #queue: (() => void)[] = [];
  readonly #listeners = new Set<() => void>();
  #running = 0;

  constructor(private readonly around: Around) {}

  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  /** Whether something would be lost if the page were closed now. */
  get areUnderWay(): boolean {
    return [...this.#uploads.values()].some(({ state }) => state.is === 'waiting' || state.is === 'sending');
  }

  /** Starts to send a file. */
  add(file: File): string {
    const id = this.around.newId();
    const previewUrl = SHOWN.test(file.type) ? this.around.preview(file) : null;
    this.#put({ id, file, previewUrl, width: null, height: null, state: { is: 'waiting' } });
    if (previewUrl) void this.around.measure(previewUrl).then((size) => this.#measured(id, previewUrl, size));
    void this.stored(id);
    return id;
  }

  /** What became of a file, which is sent again if it failed before; null for one that this page does not have. */
  stored(id: string): Promise<Uploaded | null> {
    const upload = this.#uploads.get(id);
    if (!upload) return Promise.resolve(null);
    let result = this.#results.get(id);
    if (!result || upload.state.is === 'failed') {
      result = this.#send(upload);
      this.#results.set(id, result);
    }
    return result;
  }

  /** Gives a file up, or lets go of one whose message has been sent. */
  drop(id: string): void {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    this.#uploads.delete(id);
    this.#results.delete(id);
    this.#stops.get(id)?.abort();
    this.#stops.delete(id);
    if (upload.previewUrl) this.around.forget(upload.previewUrl);
    this.#changed();
  }

  /** What calls itself an image and is none is shown as a file. */
  #measured(id: string, previewUrl: string, size: { width: number; height: number } | null): void {
    if (!this.#uploads.has(id)) return;
    if (!size) this.around.forget(previewUrl);
    this.#change(id, size ?? { previewUrl: null });
  }

  async #send({ id, file }: Upload): Promise<Uploaded> {
    const stop = new AbortController();
    this.#stops.set(id, stop);
    this.#change(id, { state: { is: 'waiting' } });
    await this.#turn();
    try {
      if (stop.signal.aborted) throw stop.signal.reason;
      this.#change(id, { state: { is: 'sending', part: 0 } });
      const onProgress = (part: number) => this.#change(id, { state: { is: 'sending', part } });
      const uploaded = await this.around.send(file, { onProgress, signal: stop.signal });
      this.#change(id, {
        state: uploaded.ok
          ? { is: 'stored', uploadId: uploaded.uploadId }
          : { is: 'failed', fault: uploaded.faults[0] ?? networkFault() },
      });
      return uploaded;
    } catch {
      // It was given up.
      return { ok: false, faults: [networkFault()] };
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running += 1;
  }

  #change(id: string, change: Partial<Upload>): void {
    const upload = this.#uploads.get(id);
    if (upload) this.#put({ ...upload, ...change });
  }

  #put(upload: Upload): void {
    this.#uploads.set(upload.id, upload);
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The size of an image as it is shown, turned as its maker held it. */
export async function measureImage(previewUrl: string): Promise<{ width: number; height: number } | null> {
  const image = new Image();
  image.src = previewUrl;
  try {
    await image.decode();
    return { width: image.naturalWidth, height: image.naturalHeight };
  } catch {
    return null;
  }
}
