// What a message answers, in a line or two; pressing it leads there.
import { VisuallyHidden } from '../../shared/ui/VisuallyHidden';
import { excerpt } from './excerpt';
import type { Message } from './message';
import { usePane } from './pane';
import styles from './Quote.module.css';

export function Quote({ of }: { of: NonNullable<Message['replyTo']> }) {
  const { t, find } = usePane();
  const name = of.sender?.displayName ?? t('goneAccount');
  const words = of.deletedAt ? t('quote.deleted') : excerpt(of, t);
  return (
    <button type="button" className={styles.quote} onClick={() => find(of.id)}>
      <VisuallyHidden>{t('quote.answers')}</VisuallyHidden>
      <QuoteWords name={name} words={words} />
    </button>
  );
}

/** The same where there is nowhere to go. */
export function QuoteWords({ name, words }: { name: string; words: string }) {
  return (
    <>
      <bdi className={styles.name}>{name}</bdi>
      <span dir="auto" className={styles.words}>
        {words}
      </span>
    </>
  );
}
