// The form that makes an account: anyone's, or the first administrator's.
import { useTranslation } from 'react-i18next';
import type { Fault } from '../../shared/api/faults';
import { Button } from '../../shared/ui/Button';
import { Faults, faultOn } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { missing, text, useSubmit } from '../../shared/ui/useSubmit';
import styles from './Doorway.module.css';

const FIELDS = ['username', 'email', 'password', 'firstName', 'lastName'];
const REQUIRED = ['username', 'email', 'password'];

export interface NewAccount {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly firstName: string;
  readonly lastName: string;
}

/** `onMake` gives what the server has against it. */
export function NewAccountForm({ label, onMake }: { label: string; onMake: (account: NewAccount) => Promise<readonly Fault[]> }) {
  const { t } = useTranslation('chat');
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const empty = missing(fields, REQUIRED, t('account.required'));
    if (empty.length > 0) return empty;
    return onMake({
      username: text(fields, 'username').trim(),
      email: text(fields, 'email').trim(),
      password: text(fields, 'password'),
      firstName: text(fields, 'firstName').trim(),
      lastName: text(fields, 'lastName').trim(),
    });
  });
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <Faults faults={faults} except={FIELDS} />
      <TextField
        label={t('account.username')}
        name="username"
        hint={t('account.usernameHint')}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        fault={faultOn(faults, 'username')}
      />
      <TextField label={t('account.email')} name="email" type="email" autoComplete="email" fault={faultOn(faults, 'email')} />
      <TextField
        label={t('account.password')}
        name="password"
        type="password"
        hint={t('account.passwordHint')}
        autoComplete="new-password"
        fault={faultOn(faults, 'password')}
      />
      <div className={styles.pair}>
        <TextField label={t('account.firstName')} name="firstName" optional autoComplete="given-name" fault={faultOn(faults, 'firstName')} />
        <TextField label={t('account.lastName')} name="lastName" optional autoComplete="family-name" fault={faultOn(faults, 'lastName')} />
      </div>
      <Button type="submit" look="primary" wide busy={busy}>
        {label}
      </Button>
    </form>
  );
}
