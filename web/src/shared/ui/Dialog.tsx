// A question or a form before everything else: the browser's own dialog, which keeps the focus inside and closes on Escape.
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from './Button';
import { classes } from './classes';
import styles from './Dialog.module.css';

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons, the main one last. */
  foot?: ReactNode;
  narrow?: boolean;
}

/** Open while it is drawn. */
export function Dialog({ title, onClose, children, foot, narrow }: DialogProps) {
  const { t } = useTranslation('common');
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Whoever opened it, before anything inside it takes the focus.
  const [opener] = useState(openerNow);
  const first = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && element?.contains(focused)) first.current = focused;
    element?.showModal();
    // The browser knows nothing of React's autoFocus, and prefers the first button there is.
    first.current?.focus();
    return () => {
      element?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, [opener]);
  return (
    <dialog
      ref={dialog}
      className={classes(styles.dialog, narrow && styles.narrow)}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // Only what lies outside of all content is the dialog itself.
      onMouseDown={(event) => event.target === dialog.current && onClose()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <header className={styles.head}>
        <h2 id={titleId}>{title}</h2>
        <IconButton label={t('close')} icon={<X />} onClick={onClose} />
      </header>
      <div className={styles.body}>{children}</div>
      {foot && <footer className={styles.foot}>{foot}</footer>}
    </dialog>
  );
}

/** What has the focus; of a menu, which closes now, the button that opened it. */
function openerNow(): Element | null {
  const focused = document.activeElement;
  const button = focused?.closest('[role=menu]')?.getAttribute('aria-labelledby');
  return button ? document.getElementById(button) : focused;
}

export interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What is done: the word on the button. */
  action: string;
  danger?: boolean;
  onConfirm: () => void | Promise<void>;
  onClose: () => void;
}

/** Asks once more before what cannot be undone. Closing after the action is the caller's. */
export function Confirm({ title, children, action, danger, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation('common');
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      narrow
      foot={
        <>
          <Button onClick={onClose} autoFocus>
            {t('cancel')}
          </Button>
          <Button look={danger ? 'danger' : 'primary'} busy={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
