// How many there are, and the ways to the next page and the one before.
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { graphql } from '../../shared/gql/admin';
import type { PlacesFragment } from '../../shared/gql/admin/graphql';
import { Button, buttonClass } from '../../shared/ui/Button';
import { useFormat } from './format';
import styles from './Pager.module.css';
import { narrowed } from './place';

export const Places = graphql(`
  fragment Places on PageInfo {
    hasNextPage
    hasPreviousPage
    startCursor
    endCursor
  }
`);

export interface PagerProps {
  /** What is counted, such as “12 users”. */
  total: string;
  places: PlacesFragment;
  /** The name of the list, read out. */
  label: string;
}

export function Pager({ total, places, label }: PagerProps) {
  const { t } = useTranslation('admin');
  return (
    <nav className={styles.pager} aria-label={t('pager.label', { list: label })}>
      <p aria-live="polite">{total}</p>
      <Way to={places.hasPreviousPage ? { before: places.startCursor ?? '' } : null}>
        <ChevronLeft aria-hidden="true" />
        {t('pager.previous')}
      </Way>
      <Way to={places.hasNextPage ? { after: places.endCursor ?? '' } : null}>
        {t('pager.next')}
        <ChevronRight aria-hidden="true" />
      </Way>
    </nav>
  );
}

function Way({ to, children }: { to: Readonly<Record<string, string>> | null; children: React.ReactNode }) {
  const [address] = useSearchParams();
  if (!to) return <Button disabled>{children}</Button>;
  return (
    <Link className={buttonClass('secondary')} to={{ search: narrowed(address, to).toString() }}>
      {children}
    </Link>
  );
}

/** The same words for every list: “1,204 users”. */
export function useTotal(): (key: 'users' | 'rooms' | 'messages' | 'sessions' | 'uploads' | 'entries' | 'members', count: number) => string {
  const { t } = useTranslation('admin');
  const { count: written } = useFormat();
  return (key, count) => t(`total.${key}`, { count, shown: written(count) });
}
