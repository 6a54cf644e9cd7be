// A button that offers emoji: the usual ones at once, all of them as soon as they are loaded.
import { Popover } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Deferred } from '../../shared/ui/Deferred';
import { Bone } from '../../shared/ui/Spinner';
import styles from './EmojiPopover.module.css';

/** With all there is to pick from, so that it has nothing left to wait for. */
const loadPicker = async () => {
  const picker = await import('./EmojiPicker');
  await picker.prepare();
  return picker;
};

const OFTEN = ['👍', '❤️', '😂', '🎉', '😮', '😢'];

export interface EmojiPopoverProps {
  /** A button, which gets the popover's attributes. */
  trigger: ReactNode;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onPick: (emoji: string) => void;
  /** Where the focus goes when it closes; to the trigger if left out. */
  onClosed?: () => void;
}

export function EmojiPopover({ trigger, open, onOpenChange, onPick, onClosed }: EmojiPopoverProps) {
  const { t } = useTranslation('messages');
  const [isLost, setLost] = useState(false);
  const pick = (emoji: string) => {
    onPick(emoji);
    onOpenChange(false);
  };
  return (
    <Popover.Root
      open={open}
      onOpenChange={(wanted) => {
        setLost(false);
        onOpenChange(wanted);
      }}
    >
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles.popover}
          sideOffset={6}
          collisionPadding={8}
          aria-label={t('emoji.title')}
          onCloseAutoFocus={(event) => {
            if (!onClosed) return;
            event.preventDefault();
            onClosed();
          }}
        >
          <div className={styles.often} role="group" aria-label={t('emoji.quick')}>
            {OFTEN.map((emoji) => (
              <button key={emoji} type="button" className={styles.emoji} aria-label={emoji} onClick={() => pick(emoji)}>
                {emoji}
              </button>
            ))}
          </div>
          {isLost ? (
            <p className={styles.lost}>{t('emoji.failed')}</p>
          ) : (
            <Deferred load={loadPicker} props={{ onPick: pick }} fallback={<Bone width="100%" />} onFail={() => setLost(true)} />
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
