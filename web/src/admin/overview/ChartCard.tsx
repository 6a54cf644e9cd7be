// One figure: what it is now, or was where the pointer is, and how it went over the last minutes.
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../parts/format';
import { Chart } from './Chart';
import styles from './ChartCard.module.css';
import { lastOf, mostOf } from './figures';

export interface ChartCardProps {
  title: string;
  times: readonly number[];
  points: readonly (number | null)[];
  write: (value: number) => string;
  /** What else there is to say of it now. */
  note?: ReactNode;
  isBad?: boolean;
  at: number | null;
  onPoint: (index: number | null) => void;
}

export function ChartCard({ title, times, points, write, note, isBad, at, onPoint }: ChartCardProps) {
  const { t } = useTranslation('admin');
  const { exact } = useFormat();
  const written = (value: number | null | undefined) => (value === null || value === undefined ? '–' : write(value));
  const last = lastOf(points);
  const label = useMemo(
    () => t('overview.inWords', { title, now: written(last), most: written(mostOf(points)) }),
    // `write` and `written` are the same for one language.
    [t, title, points],
  );
  const time = at === null ? undefined : times[at];
  return (
    <article className={styles.card} data-bad={(isBad && (last ?? 0) > 0) || undefined}>
      <header>
        <h3>{title}</h3>
        <p className={styles.value}>{written(time === undefined ? last : points[at ?? 0])}</p>
      </header>
      <Chart times={times} points={points} label={label} onPoint={onPoint} />
      <p className={styles.note}>
        {time === undefined ? (note ?? t('overview.most', { most: written(mostOf(points)) })) : exact(new Date(time * 1_000))}
      </p>
    </article>
  );
}
