// A message as the pane holds it, and how its states follow from each other.
import type { FilePartsFragment, MessagePageFragment, MessagePartsFragment, PersonFragment, RoomPartsFragment } from '../../shared/gql/chat/graphql';
import type { Range } from './ranges';
import type { Placed, Shape } from './timeline';

export type Message = MessagePartsFragment;
export type Attachment = FilePartsFragment;
export type Person = PersonFragment;
export type Room = RoomPartsFragment;
export type Page = MessagePageFragment;

export const shape: Shape<Message> = {
  emptied: (message, deletedAt) => ({ ...message, deletedAt, text: '', attachments: [], reactions: [], replyTo: null }),
  quoted: ({ replyTo }) => replyTo?.id ?? null,
  quoting: (message, parent) => {
    const { replyTo } = message;
    if (!replyTo || (replyTo.text === parent.text && replyTo.deletedAt === parent.deletedAt)) return message;
    const { id, seq, text, deletedAt, sender, attachments } = parent;
    return { ...message, replyTo: { id, seq, text, deletedAt, sender, attachments } };
  },
  quotingDeleted: (message, deletedAt) =>
    message.replyTo ? { ...message, replyTo: { ...message.replyTo, deletedAt, text: '', attachments: [] } } : message,
};

/** What a list draws a message by: from before it is sent until for ever the same. */
export function keyOf({ id, clientMessageId }: Message): string {
  return clientMessageId ?? id;
}

/** The message as it will be once one's reaction is counted or taken back. */
export function reacting(message: Message, emoji: string, on: boolean): Message {
  const found = message.reactions.find((group) => group.emoji === emoji);
  if ((found?.viewerReacted ?? false) === on) return message;
  if (!found) return { ...message, reactions: [...message.reactions, { emoji, count: 1, viewerReacted: true }] };
  const count = found.count + (on ? 1 : -1);
  const reactions = message.reactions.map((group) => (group === found ? { ...group, count, viewerReacted: on } : group));
  return { ...message, reactions: reactions.filter((group) => group.count > 0) };
}

export function placed(page: Page): Placed<Message>[] {
  return page.edges.map(({ cursor, node }) => ({ cursor, message: node }));
}

/** All that a page tells of: its messages, and that there are no others between. */
export function rangeOf(page: Page, asked: { after?: number; before?: number } = {}): Range {
  const { edges, pageInfo, totalCount } = page;
  const [first, last] = [edges.at(0)?.node.seq, edges.at(-1)?.node.seq];
  let from = asked.after === undefined ? (first ?? 1) : asked.after + 1;
  let to = asked.before === undefined ? (last ?? 0) : asked.before - 1;
  if (asked.after === undefined && !pageInfo.hasPreviousPage) from = 1;
  // Behind an empty page lies nothing: what the room has counted there is gone.
  if (asked.before === undefined && last === undefined) to = totalCount;
  return { from, to };
}
