// Rows of the same kind: a table, and where there is no room for one, a card for each row with the columns' names in it.
import type { ReactNode } from 'react';
import { classes } from '../../shared/ui/classes';
import styles from './DataTable.module.css';

export interface Column<Row> {
  /** The name of the column. */
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** `number`: set to the right. `actions`: buttons, set to the right, the name only read out. `wide`: takes what is left. */
  readonly kind?: 'number' | 'actions' | 'wide';
}

export interface DataTableProps<Row> {
  /** What the rows are, read out. */
  label: string;
  /** The first names the row. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Newer rows are on their way. */
  busy?: boolean;
}

/** The roles are what the elements have by themselves, until a phone's width makes blocks of them. */
export function DataTable<Row>({ label, columns, rows, rowKey, busy = false }: DataTableProps<Row>) {
  return (
    <table className={styles.table} role="table" aria-label={label} aria-busy={busy}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ head, kind }) => (
            <th key={head} role="columnheader" scope="col" className={kind && styles[kind]}>
              <span className={classes(kind === 'actions' && styles.unseen)}>{head}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row">
            {columns.map(({ head, kind, cell }, index) => {
              const content = cell(row);
              if (index === 0) {
                return (
                  <th key={head} role="rowheader" scope="row" className={styles.name}>
                    {content}
                  </th>
                );
              }
              return (
                <td key={head} role="cell" data-head={head} data-empty={content === null || undefined} className={kind && styles[kind]}>
                  {content}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
