// What every page of the desk is made of: its name, what can be done, and sections.
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import styles from './Page.module.css';

export interface PageProps {
  title: string;
  /** Before the name, such as a picture. */
  mark?: ReactNode;
  /** Below the name. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, mark, lead, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { key } = useLocation();
  useTitle(title);
  // Whoever came here by a link within the desk goes on reading from the name of the page, not from where the link was.
  useEffect(() => {
    if (key !== 'default') heading.current?.focus({ preventScroll: true });
    // Only when the page is new: what narrows a list changes the address, too, and the focus stays in its field.
  }, []);
  return (
    <>
      <header className={styles.head}>
        {mark}
        <div className={styles.names}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <div className={styles.lead}>{lead}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Section({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header className={styles.sectionHead}>
        <h2 id={id}>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}

/** Names and values. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === null || value === undefined || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The title of the browser's tab. */
export function useTitle(title: string): void {
  const { t } = useTranslation('admin');
  const desk = t('desk');
  useEffect(() => {
    document.title = `${title} · ${desk} · Tertulia`;
  }, [title, desk]);
}
