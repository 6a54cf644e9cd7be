// The mark of an edited message; pressing it shows what it said before.
import { Popover } from 'radix-ui';
import { type ReactElement, useEffect, useState } from 'react';
import { fullTime } from '../../shared/i18n/time';
import { Bone } from '../../shared/ui/Spinner';
import { useDesk } from './DeskProvider';
import styles from './EarlierTexts.module.css';
import type { Message } from './message';
import { EarlierTexts as Ask } from './operations';
import { usePane } from './pane';

interface Edit {
  readonly text: string;
  readonly editedAt: string;
}

export function EarlierTexts({ message, tabIndex }: { message: Message; tabIndex: number }) {
  const { t, locale } = usePane();
  const [wasAsked, setAsked] = useState(false);
  const mark = (
    <button
      type="button"
      className={styles.mark}
      title={message.editedAt ? fullTime(new Date(message.editedAt), locale) : undefined}
      tabIndex={tabIndex}
      aria-label={`${t('edited')}. ${t('earlier.show')}`}
      aria-haspopup="dialog"
      onClick={() => setAsked(true)}
    >
      {t('edited')}
    </button>
  );
  // Few are ever opened: only those carry what it takes.
  return wasAsked ? <Edits message={message} mark={mark} /> : mark;
}

function Edits({ message, mark }: { message: Message; mark: ReactElement }) {
  const { t, locale } = usePane();
  const { api } = useDesk();
  const [edits, setEdits] = useState<readonly Edit[] | null>(null);
  const [isOpen, setOpen] = useState(true);
  const load = async () => {
    setEdits(null);
    const { data } = await api.direct.query(Ask, { messageId: message.id }).toPromise();
    setEdits(data?.node?.__typename === 'Message' ? data.node.edits : []);
  };
  useEffect(() => {
    if (isOpen) void load();
  }, [isOpen]);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{mark}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className={styles.popover} sideOffset={6} collisionPadding={8} aria-label={t('earlier.title')}>
          <h3>{t('earlier.title')}</h3>
          {!edits && <Bone width="10rem" />}
          {edits?.length === 0 && <p className={styles.soft}>{t('earlier.none')}</p>}
          <ol className={styles.list}>
            {edits?.map(({ text, editedAt }) => (
              <li key={editedAt}>
                <p dir="auto" className={styles.text}>
                  {text}
                </p>
                <time className={styles.soft} dateTime={editedAt}>
                  {t('earlier.until', { time: fullTime(new Date(editedAt), locale) })}
                </time>
              </li>
            ))}
          </ol>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
