// What can be done with the messages of a room, as one object that stays the same while they come and go.
import { useLayoutEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { type Fault, sentence } from '../../shared/api/faults';
import { useLocale } from '../../shared/i18n/useLocale';
import { toast } from '../../shared/ui/Toasts';
import type { Composer } from '../composer/useComposer';
import { copyText } from './clipboard';
import type { Conversation } from './conversation';
import type { Desk } from './desk';
import type { Attachment, Message, Room } from './message';
import type { Pane } from './pane';

export interface Opened {
  /** To be deleted, once that is confirmed. */
  readonly condemned: Message | null;
  readonly viewed: { readonly images: readonly Attachment[]; readonly index: number } | null;
}

interface Around {
  desk: Desk;
  conversation: Conversation;
  room: Room | null;
  writing: Composer;
  open: (opened: Partial<Opened>) => void;
}

export function usePaneActions({ desk, conversation, room, writing, open }: Around): Pane {
  const { t } = useTranslation('messages');
  const { t: common } = useTranslation('common');
  const locale = useLocale();
  const { roomId } = conversation;
  const latest = useRef({ writing, open });
  useLayoutEffect(() => {
    latest.current = { writing, open };
  });
  const role = room?.viewerRole ?? null;
  const isGroup = room?.kind === 'GROUP';
  const mayWrite = room !== null && room.archivedAt === null && (room.isOpen || (role !== null && role !== 'READER'));
  // Readers say with an emoji what they have to say.
  const mayReact = room !== null && room.archivedAt === null && (room.isOpen || role !== null);
  const mayModerate = room !== null && room.archivedAt === null && (role === 'OWNER' || role === 'MODERATOR');

  return useMemo(() => {
    const complain = ([fault]: readonly Fault[]) => {
      if (fault) toast({ text: sentence(fault, common), tone: 'bad' });
    };
    const copy = async (text: string) => {
      const isCopied = await copyText(text);
      toast(isCopied ? { text: t('actions.copied') } : { text: t('actions.copyFailed'), tone: 'bad' });
    };
    return {
      t,
      locale,
      roomId,
      viewerId: desk.viewerId,
      isGroup,
      mayWrite,
      mayReact,
      mayModerate,
      reply: (message) => latest.current.writing.reply(message),
      edit: (message) => latest.current.writing.edit(message),
      remove: (message) => latest.current.open({ condemned: message }),
      react: (message, emoji, on) => void conversation.react(message.id, emoji, on).then(complain),
      copy: (message) => void copy(message.text),
      copyLink: (message) => void copy(`${location.origin}/rooms/${roomId}?m=${encodeURIComponent(message.id)}`),
      find: async (messageId) => {
        if ((await conversation.find(messageId)) === false) toast({ text: t('page.notFound') });
      },
      view: (images, index) => latest.current.open({ viewed: { images, index } }),
      retry: (key) => desk.outbox.retry(key),
      discard: (key) => desk.outbox.discard(key),
      takeBack: (key) => latest.current.writing.takeBack(key),
    };
  }, [common, conversation, desk, isGroup, locale, mayModerate, mayReact, mayWrite, roomId, t]);
}
