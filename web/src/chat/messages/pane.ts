// What all parts of a room's pane share, and what can be done with a message.
import type { TFunction } from 'i18next';
import { createContext, use } from 'react';
import type { Attachment, Message } from './message';

export interface Pane {
  /** As useTranslation gives it, which costs too much to be asked by every row anew. */
  readonly t: TFunction<'messages'>;
  readonly locale: string;
  readonly roomId: string;
  readonly viewerId: string;
  /** Names and pictures stand beside messages where there may be more than two people. */
  readonly isGroup: boolean;
  /** The viewer may write here. */
  readonly mayWrite: boolean;
  readonly mayReact: boolean;
  /** The viewer may remove what others wrote. */
  readonly mayModerate: boolean;
  reply(message: Message): void;
  edit(message: Message): void;
  remove(message: Message): void;
  react(message: Message, emoji: string, on: boolean): void;
  copy(message: Message): void;
  copyLink(message: Message): void;
  /** Brings a message into sight. */
  find(messageId: string): void;
  /** Shows images large. */
  view(images: readonly Attachment[], index: number): void;
  /** For those that are not sent. */
  retry(key: string): void;
  discard(key: string): void;
  takeBack(key: string): void;
}

export const PaneContext = createContext<Pane | null>(null);

/** The same object for as long as the room and the viewer's rights in it are the same: rows need not be drawn anew. */
export function usePane(): Pane {
  const pane = use(PaneContext);
  if (!pane) throw new Error('usePane is used outside of a room.');
  return pane;
}
