// What can be done to an account, each asked for once more.
import { Ban, KeyRound, LogOut, MoreHorizontal, Pencil, ShieldCheck, ShieldMinus, UserCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { UserFactsFragment } from '../../shared/gql/admin/graphql';
import { Button } from '../../shared/ui/Button';
import { Menu, MenuItem, MenuLine } from '../../shared/ui/Menu';
import { toast } from '../../shared/ui/Toasts';
import { useViewer } from '../Gate';
import { ActDialog } from '../parts/ActDialog';
import { SignOutEverywhere } from '../sessions/SignOutEverywhere';
import { SetAdministrator, SetUserDisabled } from './documents';
import { EditUser } from './EditUser';
import { NewPassword } from './NewPassword';

type Asked = 'edit' | 'disable' | 'admin' | 'password' | 'signOut';

export function UserActions({ user }: { user: UserFactsFragment }) {
  const { t } = useTranslation('admin');
  const isSelf = useViewer().id === user.id;
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  return (
    <>
      <Button onClick={() => setAsked('edit')}>
        <Pencil aria-hidden="true" />
        {t('users.edit')}
      </Button>
      <Menu
        trigger={
          <Button>
            <MoreHorizontal aria-hidden="true" />
            {t('users.more')}
          </Button>
        }
      >
        <MenuItem icon={<KeyRound />} onSelect={() => setAsked('password')}>
          {t('users.resetPassword')}
        </MenuItem>
        <MenuItem icon={<LogOut />} onSelect={() => setAsked('signOut')}>
          {t('sessions.endAll')}
        </MenuItem>
        <MenuLine />
        {/* The server refuses both to oneself, so that nobody locks everyone out. */}
        <MenuItem icon={user.isAdmin ? <ShieldMinus /> : <ShieldCheck />} disabled={isSelf} onSelect={() => setAsked('admin')}>
          {user.isAdmin ? t('users.adminOff') : t('users.adminOn')}
        </MenuItem>
        <MenuItem icon={user.disabledAt ? <UserCheck /> : <Ban />} danger={!user.disabledAt} disabled={isSelf} onSelect={() => setAsked('disable')}>
          {user.disabledAt ? t('users.enable') : t('users.disable')}
        </MenuItem>
      </Menu>
      {asked === 'edit' && <EditUser user={user} onClose={close} />}
      {asked === 'password' && <NewPassword user={user} onClose={close} />}
      {asked === 'disable' && <Disable user={user} onClose={close} />}
      {asked === 'admin' && <Administrator user={user} onClose={close} />}
      {asked === 'signOut' && <SignOutEverywhere user={user} onClose={close} />}
    </>
  );
}

interface AskedProps {
  user: UserFactsFragment;
  onClose: () => void;
}

function Disable({ user, onClose }: AskedProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const on = !user.disabledAt;
  const name = user.displayName;
  return (
    <ActDialog
      title={t(on ? 'users.disableTitle' : 'users.enableTitle', { name })}
      action={t(on ? 'users.disable' : 'users.enable')}
      danger={on}
      act={() => act(client, SetUserDisabled, { input: { userId: user.id, on } })}
      onDone={done(t(on ? 'users.disabledNow' : 'users.enabledNow', { name }), onClose)}
      onClose={onClose}
    >
      {t(on ? 'users.disableText' : 'users.enableText', { name })}
    </ActDialog>
  );
}

function Administrator({ user, onClose }: AskedProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const on = !user.isAdmin;
  const name = user.displayName;
  return (
    <ActDialog
      title={t(on ? 'users.adminOnTitle' : 'users.adminOffTitle', { name })}
      action={t(on ? 'users.adminOn' : 'users.adminOff')}
      danger={!on}
      act={() => act(client, SetAdministrator, { input: { userId: user.id, on } })}
      onDone={done(t(on ? 'users.adminOnNow' : 'users.adminOffNow', { name }), onClose)}
      onClose={onClose}
    >
      {t(on ? 'users.adminOnText' : 'users.adminOffText', { name })}
    </ActDialog>
  );
}

function done(text: string, onClose: () => void): () => void {
  return () => {
    toast({ text });
    onClose();
  };
}
