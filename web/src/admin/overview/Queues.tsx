// How full each of the server's queues is.
import { useTranslation } from 'react-i18next';
import { useFormat } from '../parts/format';
import { Section } from '../parts/Page';
import styles from './Queues.module.css';
import type { Figures } from './useFigures';

/** From this part on a queue is worth a look. */
const NEARLY_FULL = 0.8;
const KNOWN = ['writes', 'passwords', 'pictures', 'files', 'database', 'connections', 'typing'] as const;

/** Not the element of that name, which every browser draws in its own colours. */
function Meter({ label, length, capacity }: { label: string; length: number; capacity: number }) {
  const part = Math.min(1, length / Math.max(1, capacity));
  return (
    <div
      className={styles.meter}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={capacity}
      aria-valuenow={length}
      data-full={part >= NEARLY_FULL || undefined}
    >
      <div style={{ width: `${part * 100}%` }} />
    </div>
  );
}

export function Queues({ queues }: { queues: Figures['queues'] }) {
  const { t } = useTranslation('admin');
  const { count } = useFormat();
  // A queue of a newer server goes by its own name.
  const called = (name: string) => {
    const known = KNOWN.find((each) => each === name);
    return known ? t(`overview.queueNames.${known}`) : name;
  };
  return (
    <Section title={t('overview.queues')}>
      <ul className={styles.queues}>
        {queues.map(({ name, length, capacity }) => (
          <li key={name}>
            <span className={styles.name}>{called(name)}</span>
            <span className={styles.numbers}>{t('overview.queue', { length: count(length), capacity: count(capacity) })}</span>
            <Meter label={called(name)} length={length} capacity={capacity} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
