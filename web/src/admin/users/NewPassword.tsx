// Giving a person another password: one that the server makes, or one that is written here.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { UserFactsFragment } from '../../shared/gql/admin/graphql';
import { faultOn } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { toast } from '../../shared/ui/Toasts';
import { text } from '../../shared/ui/useSubmit';
import { ActDialog } from '../parts/ActDialog';
import { Secret } from '../parts/Secret';
import { ResetPassword } from './documents';

export function NewPassword({ user, onClose }: { user: UserFactsFragment; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const [made, setMade] = useState<string>();
  const name = user.displayName;
  if (made) return <Secret name={name} password={made} onClose={onClose} />;
  return (
    <ActDialog
      title={t('users.resetTitle', { name })}
      action={t('users.resetPassword')}
      danger
      fields={['newPassword']}
      act={(fields) => {
        const newPassword = text(fields, 'newPassword');
        return act(client, ResetPassword, { input: { userId: user.id, ...(newPassword ? { newPassword } : {}) } });
      }}
      onDone={({ password }) => {
        toast({ text: t('users.passwordIsReset', { name }) });
        if (password) setMade(password);
        else onClose();
      }}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <p>{t('users.resetText', { name })}</p>
          <TextField
            label={t('users.newPassword')}
            name="newPassword"
            type="password"
            optional
            autoFocus
            autoComplete="new-password"
            hint={t('users.passwordHint')}
            fault={faultOn(faults, 'newPassword')}
          />
        </>
      )}
    </ActDialog>
  );
}
