// One room in the list: what it is called, what was said last and when, how much is unread.
import { Archive, Globe } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import { fullTime, shortTime } from '../../shared/i18n/time';
import { useLocale } from '../../shared/i18n/useLocale';
import { classes } from '../../shared/ui/classes';
import { VisuallyHidden } from '../../shared/ui/VisuallyHidden';
import { type InboxRoom, lastAt } from './arrivals';
import { nameOf } from './names';
import { previewOf } from './preview';
import { RoomAvatar } from './RoomAvatar';
import styles from './RoomList.module.css';
import { RoomMenu } from './RoomMenu';

/** More than this is many. */
const MOST = 99;

export interface RoomRowProps {
  room: InboxRoom;
  viewerId: string;
  /** Passed in, so that a row is drawn anew only when it says something else. */
  now: number;
}

export const RoomRow = memo(function RoomRow({ room, viewerId, now }: RoomRowProps) {
  const { t } = useTranslation('chat');
  const locale = useLocale();
  const unread = room.viewerState?.unreadCount ?? 0;
  const at = new Date(lastAt(room));
  const { lastMessage } = room;
  return (
    <li className={styles.row}>
      <NavLink to={`/rooms/${room.id}`} className={classes(styles.link, unread > 0 && styles.unread)}>
        <RoomAvatar room={room} viewerId={viewerId} />
        <span>
          <span className={styles.name} dir="auto">
            {nameOf(room, viewerId, t)}
            {room.visibility === 'PUBLIC' && <Globe aria-label={t('details.public')} />}
            {room.archivedAt && <Archive aria-label={t('rooms.archived')} />}
          </span>
          <span className={classes(styles.preview, (!lastMessage || lastMessage.deletedAt) && styles.quiet)} dir="auto">
            {lastMessage ? previewOf(room, lastMessage, viewerId, t) : t('rooms.nothingYet')}
          </span>
        </span>
        <span className={styles.side}>
          <time dateTime={at.toISOString()} title={fullTime(at, locale)}>
            {shortTime(at, { locale, now: new Date(now) })}
          </time>
          {unread > 0 && (
            <>
              <span className={styles.count} aria-hidden="true">
                {unread > MOST ? `${MOST}+` : unread}
              </span>
              <VisuallyHidden>{t('rooms.unread', { count: unread })}</VisuallyHidden>
            </>
          )}
        </span>
      </NavLink>
      <RoomMenu room={room} viewerId={viewerId} />
    </li>
  );
});
