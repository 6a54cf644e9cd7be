// What can be done to a room from its row in the list.
import { EllipsisVertical, Info, Mail, MailOpen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useApi } from '../../shared/api/ApiProvider';
import { IconButton } from '../../shared/ui/Button';
import { Menu, MenuItem } from '../../shared/ui/Menu';
import { toast } from '../../shared/ui/Toasts';
import { useReport } from '../../shared/ui/useReport';
import type { InboxRoom } from './arrivals';
import { useInboxStore } from './InboxProvider';
import { nameOf } from './names';
import styles from './RoomList.module.css';
import { markRead, markUnread } from './unread';

export function RoomMenu({ room, viewerId }: { room: InboxRoom; viewerId: string }) {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const report = useReport();
  const path = `/rooms/${room.id}`;
  const isUnread = (room.viewerState?.unreadCount ?? 0) > 0;
  const mark = async () => {
    // In an open room what is in sight would be read again at once.
    if (!isUnread && location.pathname.startsWith(path)) await navigate('/');
    const outcome = await (isUnread ? markRead(client, room) : markUnread(client, room.id, viewerId));
    if (outcome === 'nothing') {
      toast({ text: t('rooms.nothingToMark') });
      return;
    }
    report(outcome);
    inbox.refresh(room.id);
  };
  return (
    <Menu
      trigger={<IconButton className={styles.more} label={t('rooms.more', { name: nameOf(room, viewerId, t) })} icon={<EllipsisVertical />} />}
    >
      {room.kind !== 'SELF' && (
        <MenuItem icon={isUnread ? <MailOpen /> : <Mail />} disabled={!room.lastMessage} onSelect={() => void mark()}>
          {t(isUnread ? 'rooms.markRead' : 'rooms.markUnread')}
        </MenuItem>
      )}
      <MenuItem icon={<Info />} onSelect={() => void navigate(`${path}/details`)}>
        {t('rooms.details')}
      </MenuItem>
    </Menu>
  );
}
