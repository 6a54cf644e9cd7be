// The mark of an edited message; pressing it shows what it said before.
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Bone } from '../../shared/ui/Spinner';
import { fullTime } from '../../shared/i18n/time';
import { useLocale } from '../../shared/i18n/useLocale';
import { useDesk } from './DeskProvider';
import styles from './EarlierTexts.module.css';
import type { Message } from './message';
import { EarlierTexts as Ask } from './operations';

interface Edit {
  readonly text: string;
  readonly editedAt: string;
}

export function EarlierTexts({ message, tabIndex }: { message: Message; tabIndex: number }) {
  const { t } = useTranslation('messages');
  const locale = useLocale();
  const { api } = useDesk();
  const [edits, setEdits] = useState<readonly Edit[] | null>(null);
  const load = async (open: boolean) => {
    if (!open) return setEdits(null);
    const { data } = await api.direct.query(Ask, { messageId: message.id }).toPromise();
    setEdits(data?.node?.__typename === 'Message' ? data.node.edits : []);
  };
  const at = message.editedAt ? fullTime(new Date(message.editedAt), locale) : undefined;
  return (
    <Popover.Root onOpenChange={(open) => void load(open)}>
      <Popover.Trigger className={styles.mark} title={at} tabIndex={tabIndex} aria-label={`${t('edited')}. ${t('earlier.show')}`}>
        {t('edited')}
      </Popover.Trigger>
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
