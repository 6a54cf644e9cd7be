// How full each of the server's queues is.
import { useTranslation } from 'react-i18next';
import { useFormat } from '../parts/format';
import { Section } from '../parts/Page';
import styles from './Queues.module.css';
import type { Figures } from './useFigures';

/** From this part on a queue is worth a look. */
const NEARLY_FULL = 0.8;

export function Queues({ queues }: { queues: Figures['queues'] }) {
  const { t } = useTranslation('admin');
  const { count } = useFormat();
  return (
    <Section title={t('overview.queues')}>
      <ul className={styles.queues}>
        {queues.map(({ name, length, capacity }) => (
          <li key={name}>
            <span className={styles.name}>{name.replaceAll('_', ' ')}</span>
            <span className={styles.numbers}>{t('overview.queue', { length: count(length), capacity: count(capacity) })}</span>
            <meter
              className={styles.meter}
              min={0}
              max={Math.max(1, capacity)}
              high={Math.max(1, capacity) * NEARLY_FULL}
              value={length}
              aria-label={name}
            />
          </li>
        ))}
      </ul>
    </Section>
  );
}
