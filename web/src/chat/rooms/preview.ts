// A message in one line, as the list of rooms and a notice show it.
import type { TFunction } from 'i18next';
import type { InboxMessage, InboxRoom } from './arrivals';

export function previewOf(room: Pick<InboxRoom, 'kind'>, message: InboxMessage, viewerId: string, t: TFunction<'chat'>): string {
  const said = contentOf(message, t);
  if (message.deletedAt) return said;
  if (message.sender?.id === viewerId) return room.kind === 'SELF' ? said : t('rooms.you', { text: said });
  if (room.kind !== 'GROUP') return said;
  return `${message.sender?.displayName ?? t('rooms.someoneGone')}: ${said}`;
}

function contentOf({ text, deletedAt, attachments }: InboxMessage, t: TFunction<'chat'>): string {
  if (deletedAt) return t('rooms.deleted');
  if (text !== '') return text.replace(/\s+/g, ' ');
  const kind = attachments.every((each) => each.kind === 'IMAGE') ? 'image' : 'file';
  return t(`rooms.${kind}`, { count: attachments.length });
}
