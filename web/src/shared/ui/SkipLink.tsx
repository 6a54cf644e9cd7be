// The first thing that Tab reaches: past what stands on every page, to what this one is about.
import type { ReactNode, RefObject } from 'react';
import styles from './SkipLink.module.css';

export function SkipLink({ to, children }: { to: RefObject<HTMLElement | null>; children: ReactNode }) {
  return (
    <a className={styles.skip} href="#main" onClick={() => to.current?.focus()}>
      {children}
    </a>
  );
}
