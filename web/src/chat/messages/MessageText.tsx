// A message's text: its words as they are, its links as links.
import { memo, useMemo } from 'react';
import { classes } from '../../shared/ui/classes';
import styles from './MessageText.module.css';
import { isFewEmoji, partsOf } from './text';

export const MessageText = memo(function MessageText({ text }: { text: string }) {
  const parts = useMemo(() => partsOf(text), [text]);
  return (
    <span dir="auto" className={classes(styles.text, isFewEmoji(text) && styles.emoji)}>
      {parts.map((part, index) =>
        part.is === 'link' ? (
          <a key={index} className={styles.link} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </span>
  );
});
