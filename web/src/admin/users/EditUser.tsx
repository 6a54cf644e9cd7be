// Changing what is known of a person.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { UserFactsFragment } from '../../shared/gql/admin/graphql';
import { faultOn } from '../../shared/ui/Faults';
import { Switch, TextArea, TextField } from '../../shared/ui/Field';
import { toast } from '../../shared/ui/Toasts';
import { text } from '../../shared/ui/useSubmit';
import { ActDialog } from '../parts/ActDialog';
import pairs from '../parts/ActDialog.module.css';
import { UpdateUser } from './documents';
import { NameFields, TypeField, typeIn } from './Fields';

const FIELDS = ['username', 'email', 'firstName', 'lastName', 'bio', 'phone', 'address'];

export function EditUser({ user, onClose }: { user: UserFactsFragment; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const [takesPicture, setTakesPicture] = useState(false);
  return (
    <ActDialog
      title={t('users.editTitle', { name: user.displayName })}
      action={t('users.save')}
      fields={FIELDS}
      act={(fields) => {
        const written = (name: string) => text(fields, name).trim();
        // What can be absent is emptied, not made an empty text.
        const orNull = (name: string) => written(name) || null;
        return act(client, UpdateUser, {
          input: {
            userId: user.id,
            username: written('username'),
            email: written('email'),
            firstName: written('firstName'),
            lastName: written('lastName'),
            userType: typeIn(fields),
            bio: orNull('bio'),
            phone: orNull('phone'),
            address: orNull('address'),
            ...(takesPicture ? { avatarUploadId: null } : {}),
          },
        });
      }}
      onDone={(payload) => {
        toast({ text: t('users.saved', { name: payload.user?.displayName ?? user.displayName }) });
        onClose();
      }}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <div className={pairs.pair}>
            <TextField
              label={t('users.username')}
              name="username"
              autoComplete="off"
              autoFocus
              autoCapitalize="none"
              spellCheck={false}
              defaultValue={user.username}
              fault={faultOn(faults, 'username')}
            />
            <TextField label={t('users.email')} name="email" type="email" autoComplete="off" defaultValue={user.email ?? ''} fault={faultOn(faults, 'email')} />
          </div>
          <NameFields faults={faults} firstName={user.firstName} lastName={user.lastName} />
          <TypeField value={user.userType} />
          <TextArea label={t('users.bio')} name="bio" optional defaultValue={user.bio ?? ''} fault={faultOn(faults, 'bio')} />
          <div className={pairs.pair}>
            <TextField label={t('users.phone')} name="phone" type="tel" optional autoComplete="off" defaultValue={user.phone ?? ''} fault={faultOn(faults, 'phone')} />
            <TextField label={t('users.address')} name="address" optional autoComplete="off" defaultValue={user.address ?? ''} fault={faultOn(faults, 'address')} />
          </div>
          {user.avatarUrl && <Switch label={t('users.takePicture')} checked={takesPicture} onChange={setTakesPicture} />}
        </>
      )}
    </ActDialog>
  );
}
