// A word that says what state something is in.
import type { ReactNode } from 'react';
import { classes } from '../../shared/ui/classes';
import styles from './Badge.module.css';

export function Badge({ tone = 'plain', children }: { tone?: 'plain' | 'good' | 'warn' | 'bad' | 'accent'; children: ReactNode }) {
  return <span className={classes(styles.badge, styles[tone])}>{children}</span>;
}
