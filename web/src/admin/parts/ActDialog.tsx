// Something to do, asked for once more or filled in: the dialog stays until the server has done it, and says what it would not.
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Outcome } from '../../shared/api/act';
import { Button } from '../../shared/ui/Button';
import { Dialog } from '../../shared/ui/Dialog';
import { Faults } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { useSubmit } from '../../shared/ui/useSubmit';
import type { Fault } from '../../shared/api/faults';
import styles from './ActDialog.module.css';

export interface ActDialogProps<Payload> {
  title: string;
  /** The word on the button. */
  action: string;
  danger?: boolean;
  /** What has to be typed before the button works, for what cannot be undone. */
  typed?: { readonly label: string; readonly expected: string };
  /** The names of the fields inside that show their own faults. */
  fields?: readonly string[];
  act: (fields: FormData) => Promise<Outcome<Payload>>;
  onDone: (payload: Payload) => void;
  onClose: () => void;
  /** A form's fields are given the faults. */
  children: ReactNode | ((faults: readonly Fault[]) => ReactNode);
}

export function ActDialog<Payload>({ title, action, danger, typed, fields, act, onDone, onClose, children }: ActDialogProps<Payload>) {
  const { t } = useTranslation('common');
  const [written, setWritten] = useState('');
  const { busy, faults, onSubmit } = useSubmit(async (form) => {
    if (typed && written !== typed.expected) return [];
    const outcome = await act(form);
    if (!outcome.ok) return outcome.faults;
    onDone(outcome.payload);
    return [];
  });
  return (
    <Dialog title={title} onClose={onClose} narrow={typeof children !== 'function'}>
      <form className={styles.form} onSubmit={onSubmit} noValidate>
        <Faults faults={faults} {...(fields ? { except: fields } : {})} />
        {typeof children === 'function' ? children(faults) : children}
        {typed && (
          <TextField
            label={typed.label}
            value={written}
            autoComplete="off"
            autoFocus
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => setWritten(event.target.value)}
          />
        )}
        <footer className={styles.foot}>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={busy} disabled={typed !== undefined && written !== typed.expected}>
            {action}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
