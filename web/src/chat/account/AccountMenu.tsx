// The picture of the one who is signed in, and what belongs to them.
import { Code, LogOut, Settings, ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { session } from '../../shared/session/account';
import { Avatar } from '../../shared/ui/Avatar';
import { IconButton } from '../../shared/ui/Button';
import { Menu, MenuItem, MenuLine } from '../../shared/ui/Menu';
import { useInboxStore } from '../rooms/InboxProvider';
import { useViewer } from './viewer';

export function AccountMenu() {
  const { t } = useTranslation('chat');
  const navigate = useNavigate();
  const { viewerId } = useInboxStore();
  const viewer = useViewer();
  const name = viewer?.displayName ?? '';
  return (
    <Menu
      trigger={<IconButton label={t('menu.label')} icon={<Avatar id={viewerId} name={name} url={viewer?.avatarUrl} size={2} />} />}
    >
      <MenuItem icon={<Settings />} onSelect={() => void navigate('/settings')}>
        {t('settings.title')}
      </MenuItem>
      {viewer?.isAdmin && (
        <MenuItem icon={<ShieldCheck />} onSelect={() => location.assign('/admin')}>
          {t('menu.admin')}
        </MenuItem>
      )}
      <MenuItem icon={<Code />} onSelect={() => location.assign('/graphql')}>
        {t('menu.playground')}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={<LogOut />} onSelect={() => void session.signOut()}>
        {t('account.signOut')}
      </MenuItem>
    </Menu>
  );
}
