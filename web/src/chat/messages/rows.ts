// What the list draws for each message: how it stands to the one before it.
import type { Unsent } from '../composer/outbox';
import { type Message, keyOf } from './message';

/** A message, or one that is on its way. */
export type Item = Message | Unsent;

/** Messages of one person that follow each other within this are drawn as one group. */
const GROUP_MS = 5 * 60_000;

export function isUnsent(item: Item): item is Unsent {
  return 'writtenAt' in item;
}

export function itemKey(item: Item): string {
  return isUnsent(item) ? item.key : keyOf(item);
}

/** What is on its way stands at the end, but for what has arrived already. */
export function itemsOf(messages: readonly Message[], unsent: readonly Unsent[], hasNewer: boolean): readonly Item[] {
  if (hasNewer || unsent.length === 0) return messages;
  const arrived = new Set(messages.map(({ clientMessageId }) => clientMessageId));
  return [...messages, ...unsent.filter(({ key }) => !arrived.has(key))];
}

export interface Standing {
  /** A day begins with it. */
  readonly beginsDay: boolean;
  /** Drawn with its sender's name and picture. */
  readonly beginsGroup: boolean;
  readonly endsGroup: boolean;
  /** The first that the reader has not seen. */
  readonly isFirstNew: boolean;
}

export function standing(items: readonly Item[], index: number, viewerId: string, newAfter: number | null): Standing {
  const item = items[index];
  if (!item) return { beginsDay: false, beginsGroup: true, endsGroup: true, isFirstNew: false };
  const before = items[index - 1];
  const after = items[index + 1];
  const isFirstNew = isNew(item, newAfter) && !(before && isNew(before, newAfter));
  return {
    beginsDay: !before || !isSameDay(before, item),
    beginsGroup: isFirstNew || !before || !isSameGroup(before, item, viewerId),
    endsGroup: !after || !isSameGroup(item, after, viewerId) || (isNew(after, newAfter) && !isNew(item, newAfter)),
    isFirstNew,
  };
}

export function timeOf(item: Item): number {
  return isUnsent(item) ? item.writtenAt : Date.parse(item.createdAt);
}

export function senderId(item: Item, viewerId: string): string | null {
  return isUnsent(item) ? viewerId : (item.sender?.id ?? null);
}

function isNew(item: Item, newAfter: number | null): boolean {
  return newAfter !== null && !isUnsent(item) && item.seq > newAfter;
}

function isSameDay(one: Item, other: Item): boolean {
  return new Date(timeOf(one)).toDateString() === new Date(timeOf(other)).toDateString();
}

function isSameGroup(one: Item, other: Item, viewerId: string): boolean {
  const sender = senderId(one, viewerId);
  if (sender === null || sender !== senderId(other, viewerId)) return false;
  return timeOf(other) - timeOf(one) < GROUP_MS && isSameDay(one, other);
}
