// What is written and not sent, kept for each room in this tab until it is; files that are chosen, until the page is closed.
import type { UnsentReply } from './outbox';

export interface Draft {
  readonly text: string;
  readonly replyTo: UnsentReply | null;
}

export const EMPTY: Draft = { text: '', replyTo: null };

type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export class Drafts {
  readonly #files = new Map<string, readonly string[]>();

  constructor(
    private readonly userId: string,
    private readonly shelf: Shelf,
  ) {}

  read(roomId: string): Draft {
    try {
      const draft = JSON.parse(this.shelf.getItem(this.#key(roomId)) ?? 'null') as Draft | null;
      return typeof draft?.text === 'string' ? { text: draft.text, replyTo: draft.replyTo ?? null } : EMPTY;
    } catch {
      return EMPTY;
    }
  }

  keep(roomId: string, draft: Draft): void {
    try {
      if (draft.text === '' && !draft.replyTo) this.shelf.removeItem(this.#key(roomId));
      else this.shelf.setItem(this.#key(roomId), JSON.stringify(draft));
    } catch {
      // A browser that keeps nothing costs the draft, not the typing.
    }
  }

  /** The uploads that go with what is written. */
  files(roomId: string): readonly string[] {
    return this.#files.get(roomId) ?? [];
  }

  keepFiles(roomId: string, uploads: readonly string[]): void {
    if (uploads.length > 0) this.#files.set(roomId, uploads);
    else this.#files.delete(roomId);
  }

  #key(roomId: string): string {
    return `tertulia.draft.${this.userId}.${roomId}`;
  }
}
