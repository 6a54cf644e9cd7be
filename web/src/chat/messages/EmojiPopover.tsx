// A button that offers emoji: the usual ones at once, all of them as soon as they are loaded.
import { Popover } from 'radix-ui';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Bone } from '../../shared/ui/Spinner';
import styles from './EmojiPopover.module.css';

const EmojiPicker = lazy(() => import('./EmojiPicker'));

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
  const pick = (emoji: string) => {
    onPick(emoji);
    onOpenChange(false);
  };
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
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
          <Suspense fallback={<Bone width="100%" />}>
            <EmojiPicker onPick={pick} />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
