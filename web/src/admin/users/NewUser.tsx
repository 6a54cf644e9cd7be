// Making an account for somebody.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { faultOn } from '../../shared/ui/Faults';
import { Switch, TextField } from '../../shared/ui/Field';
import { toast } from '../../shared/ui/Toasts';
import { text } from '../../shared/ui/useSubmit';
import { ActDialog } from '../parts/ActDialog';
import pairs from '../parts/ActDialog.module.css';
import { Secret } from '../parts/Secret';
import { CreateUser } from './documents';
import { NameFields, TypeField, typeIn } from './Fields';

const FIELDS = ['username', 'email', 'firstName', 'lastName', 'password'];

export function NewUser({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const [isAdmin, setAdmin] = useState(false);
  const [made, setMade] = useState<{ name: string; password: string }>();
  if (made) return <Secret {...made} onClose={onClose} />;
  return (
    <ActDialog
      title={t('users.create')}
      action={t('users.createAction')}
      fields={FIELDS}
      act={(fields) => {
        const password = text(fields, 'password');
        const given = {
          username: text(fields, 'username').trim(),
          email: text(fields, 'email').trim(),
          firstName: text(fields, 'firstName').trim(),
          lastName: text(fields, 'lastName').trim(),
          userType: typeIn(fields),
          isAdmin,
        };
        return act(client, CreateUser, { input: { ...given, ...(password ? { password } : {}) } });
      }}
      onDone={({ user, password }) => {
        const name = user?.displayName ?? '';
        toast({ text: t('users.created', { name }) });
        if (password) setMade({ name, password });
        else onClose();
      }}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <div className={pairs.pair}>
            <TextField label={t('users.username')} name="username" autoComplete="off" autoFocus autoCapitalize="none" spellCheck={false} fault={faultOn(faults, 'username')} />
            <TextField label={t('users.email')} name="email" type="email" autoComplete="off" fault={faultOn(faults, 'email')} />
          </div>
          <NameFields faults={faults} />
          <TextField
            label={t('users.password')}
            name="password"
            type="password"
            optional
            autoComplete="new-password"
            hint={t('users.passwordHint')}
            fault={faultOn(faults, 'password')}
          />
          <TypeField />
          <Switch label={t('users.makeAdmin')} hint={t('users.makeAdminHint')} checked={isAdmin} onChange={setAdmin} />
        </>
      )}
    </ActDialog>
  );
}
