// Who is typing, in a line that always takes its space.
import { useTranslation } from 'react-i18next';
import styles from './TypingLine.module.css';
import type { RoomActivity } from './useActivity';

export function TypingLine({ typing }: { typing: RoomActivity['typing'] }) {
  const { t } = useTranslation('messages');
  const [first, second, ...more] = typing;
  let text = '';
  if (first && second && more.length > 0) text = t('typing.many', { name: first.displayName, count: typing.length - 1 });
  else if (first && second) text = t('typing.two', { name: first.displayName, other: second.displayName });
  else if (first) text = t('typing.one', { name: first.displayName });
  return (
    <p className={styles.line} role="status">
      {text && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <bdi>{text}</bdi>
        </>
      )}
    </p>
  );
}
