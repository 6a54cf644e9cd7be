// Short notes that come up at the edge and go by themselves; those about a fault stay until they are dismissed.
import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from './Button';
import { classes } from './classes';
import styles from './Toasts.module.css';

export interface Toast {
  readonly text: string;
  readonly tone?: 'good' | 'bad';
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Kept extends Toast {
  readonly key: number;
}

const SHOWN_MS = 5_000;
/** The oldest makes room. */
const MOST = 4;

let kept: readonly Kept[] = [];
let lastKey = 0;
const listeners = new Set<() => void>();

export function toast(note: Toast): void {
  const key = ++lastKey;
  // The same once more is no news.
  change([...kept.filter(({ text }) => text !== note.text), { ...note, key }].slice(-MOST));
  if (note.tone !== 'bad') setTimeout(() => dismiss(key), SHOWN_MS);
}

function dismiss(key: number): void {
  change(kept.filter((each) => each.key !== key));
}

function change(next: readonly Kept[]): void {
  kept = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Once on a page. */
export function Toasts() {
  const { t } = useTranslation('common');
  const notes = useSyncExternalStore(subscribe, () => kept);
  return (
    <div className={styles.toasts} role="status">
      {notes.map(({ key, text, tone, action }) => (
        <div key={key} className={classes(styles.toast, tone === 'bad' && styles.bad)}>
          <span>{text}</span>
          {action && (
            <Button
              look="plain"
              onClick={() => {
                dismiss(key);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton label={t('dismiss')} icon={<X />} onClick={() => dismiss(key)} />
        </div>
      ))}
    </div>
  );
}
