// Ctrl+K: type some of a name, press Enter, be there.
import { type KeyboardEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { Dialog } from '../../shared/ui/Dialog';
import { TextField } from '../../shared/ui/Field';
import { useInbox, useViewerId } from '../rooms/InboxProvider';
import { nameOf } from '../rooms/names';
import { RoomAvatar } from '../rooms/RoomAvatar';
import { matching } from '../rooms/search';
import styles from './Switcher.module.css';

const MOST = 20;

export default function Switcher({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('chat');
  const navigate = useNavigate();
  const viewerId = useViewerId();
  const { sorted } = useInbox();
  const [wanted, setWanted] = useState('');
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const rooms = matching(sorted, wanted, (room) => nameOf(room, viewerId, t)).slice(0, MOST);
  const go = (roomId: string | undefined) => {
    if (!roomId) return;
    onClose();
    void navigate(`/rooms/${roomId}`);
  };
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') go(rooms[chosen]?.id);
    else if (event.key === 'ArrowDown') setChosen(Math.min(chosen + 1, rooms.length - 1));
    else if (event.key === 'ArrowUp') setChosen(Math.max(chosen - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('switcher.title')} onClose={onClose} narrow>
      <TextField
        label={t('switcher.field')}
        hint={t('switcher.hint')}
        value={wanted}
        autoFocus
        autoComplete="off"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={rooms[chosen] && `${listId}${rooms[chosen].id}`}
        onChange={(event) => {
          setWanted(event.target.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <ul id={listId} className={styles.list} role="listbox" aria-label={t('rooms.title')}>
        {rooms.map((room, index) => (
          <li
            key={room.id}
            id={`${listId}${room.id}`}
            className={styles.option}
            role="option"
            aria-selected={index === chosen}
            ref={index === chosen ? showWhole : undefined}
            onMouseMove={() => setChosen(index)}
            onClick={() => go(room.id)}
          >
            <RoomAvatar room={room} viewerId={viewerId} size={1.75} />
            <span dir="auto">{nameOf(room, viewerId, t)}</span>
            {(room.viewerState?.unreadCount ?? 0) > 0 && (
              <span className={styles.count}>{t('rooms.unread', { count: room.viewerState?.unreadCount ?? 0 })}</span>
            )}
          </li>
        ))}
      </ul>
      {rooms.length === 0 && <p className={styles.none}>{t('switcher.none')}</p>}
    </Dialog>
  );
}

function showWhole(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}
