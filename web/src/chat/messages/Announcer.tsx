// Says new messages to those who hear the page; of many at once, only how many.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { VisuallyHidden } from '../../shared/ui/VisuallyHidden';
import type { Conversation } from './conversation';
import { excerpt } from './excerpt';
import type { Message } from './message';

/** What comes within this is said together. */
const GATHER_MS = 1_000;
const READ_OUT = 3;

export function Announcer({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation('messages');
  const [said, setSaid] = useState('');
  const waiting = useRef<Message[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = () => {
      timer = undefined;
      const messages = waiting.current.splice(0);
      const lines = messages.map((message) => {
        const name = message.sender?.displayName ?? t('goneAccount');
        return t('announce.message', { name, text: excerpt(message, t) });
      });
      setSaid(messages.length > READ_OUT ? t('announce.many', { count: messages.length }) : lines.join('\n'));
    };
    const stop = conversation.onArrival((message) => {
      waiting.current.push(message);
      timer ??= setTimeout(say, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [conversation, t]);
  return (
    <div role="log" aria-live="polite" aria-atomic="true">
      <VisuallyHidden>{said}</VisuallyHidden>
    </div>
  );
}
