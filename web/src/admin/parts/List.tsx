// One page of a list of the schema's: what is wrong, what is on its way, what there is, and the ways to the other pages.
import { useTranslation } from 'react-i18next';
import type { PlacesFragment } from '../../shared/gql/admin/graphql';
import { Button } from '../../shared/ui/Button';
import { Faults } from '../../shared/ui/Faults';
import { Bone } from '../../shared/ui/Spinner';
import { VisuallyHidden } from '../../shared/ui/VisuallyHidden';
import { DataTable, type DataTableProps } from './DataTable';
import styles from './List.module.css';
import { Pager, useTotal } from './Pager';
import { useNarrowing } from './place';
import type { Read } from './useRead';

/** A connection of the schema. */
export interface Listed<Row> {
  readonly nodes: readonly Row[];
  readonly totalCount: number;
  readonly pageInfo: PlacesFragment;
}

export interface ListProps<Row> extends Omit<DataTableProps<Row>, 'rows' | 'busy'> {
  read: Pick<Read<unknown>, 'faults' | 'isBusy' | 'again'>;
  list: Listed<Row> | null | undefined;
  counts: Parameters<ReturnType<typeof useTotal>>[0];
  /** What to say when there is nothing. */
  none: string;
  /** False: only the first page is shown, and the address is not this list's. */
  pages?: boolean;
}

export function List<Row>({ read, list, counts, none, pages = true, ...table }: ListProps<Row>) {
  const total = useTotal();
  return (
    <div className={styles.list}>
      <ListFaults read={read} />
      {!list && read.isBusy && <Bones />}
      {list && list.nodes.length === 0 && <p className={styles.none}>{none}</p>}
      {list && list.nodes.length > 0 && <DataTable {...table} rows={list.nodes} busy={read.isBusy} />}
      {list && pages && <Pager label={table.label} total={total(counts, list.totalCount)} places={list.pageInfo} />}
      {list && !pages && list.nodes.length > 0 && <p className={styles.total}>{total(counts, list.totalCount)}</p>}
    </div>
  );
}

/** A place in the address may be of another database, or cut off: the way out is the list's beginning. */
export function ListFaults({ read: { faults, again } }: { read: ListProps<unknown>['read'] }) {
  const { t } = useTranslation('admin');
  const { set } = useNarrowing();
  const isLost = faults.some(({ code }) => code.startsWith('CURSOR_'));
  return (
    <>
      <Faults faults={faults} onRetry={again} />
      {isLost && <Button onClick={() => set({})}>{t('pager.begin')}</Button>}
    </>
  );
}

export function Bones() {
  const { t } = useTranslation('common');
  return (
    <div className={styles.bones} role="status">
      <VisuallyHidden>{t('loading')}</VisuallyHidden>
      {['62%', '48%', '71%', '55%'].map((width) => (
        <Bone key={width} width={width} />
      ))}
    </div>
  );
}
