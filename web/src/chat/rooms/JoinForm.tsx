// A public room that one is not in yet, or an invitation: what it is, and a way in.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { Avatar } from '../../shared/ui/Avatar';
import { Button } from '../../shared/ui/Button';
import { Faults } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { text, useSubmit } from '../../shared/ui/useSubmit';
import { usePageTitle } from '../shell/title';
import { JoinRoom } from './actions';
import { useInboxStore } from './InboxProvider';
import styles from './JoinForm.module.css';
import { PageBar } from './PageBar';
import type { RoomHead } from './useRoom';

/** The room where it can be seen; else the code of an invitation, which tells nothing of the room. */
export type JoinFormProps = { room: Pick<RoomHead, 'id' | 'name' | 'description' | 'memberCount' | 'hasPassword'> } | { code: string };

export function JoinForm(props: JoinFormProps) {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const room = 'room' in props ? props.room : null;
  const [asksPassword, setAsksPassword] = useState(room?.hasPassword ?? false);
  usePageTitle(room?.name ?? t('join.title'));
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const password = text(fields, 'password') || null;
    const input = 'code' in props ? { inviteCode: props.code, password } : { roomId: props.room.id, password };
    const outcome = await act(client, JoinRoom, { input });
    if (outcome.ok) {
      const joined = outcome.payload.room;
      if (joined) {
        inbox.refresh(joined.id);
        void navigate(`/rooms/${joined.id}`, { replace: true });
      }
      return [];
    }
    const isAboutPassword = outcome.faults.some(({ code }) => code === 'ROOM_PASSWORD_WRONG');
    // The first answer of that kind to an invitation is only how one learns that there is a password.
    if (isAboutPassword && !asksPassword) {
      setAsksPassword(true);
      return [];
    }
    return outcome.faults.map((fault) => (fault.code === 'ROOM_PASSWORD_WRONG' ? { ...fault, field: 'password' } : fault));
  });
  const isBad = !room && faults.some(({ code }) => code === 'NOT_FOUND');
  return (
    <>
      <PageBar title={room?.name ?? t('join.title')} />
      <div className={styles.page}>
        <form className={styles.card} onSubmit={onSubmit}>
          {room && <Avatar id={room.id} name={room.name} shape="room" size={4} />}
          <h2 dir="auto">{isBad ? t('join.notFound') : (room?.name ?? t('join.invited'))}</h2>
          {room?.description && <p dir="auto">{room.description}</p>}
          {room && <p className={styles.soft}>{t('rooms.members', { count: room.memberCount })}</p>}
          <p className={styles.soft}>{isBad ? t('join.notFoundText') : asksPassword ? t('join.passwordText') : t('join.text')}</p>
          {!isBad && (
            <>
              <Faults faults={faults} except={['password']} />
              {asksPassword && (
                <TextField
                  label={t('join.password')}
                  name="password"
                  type="password"
                  autoComplete="off"
                  autoFocus
                  fault={faults.find(({ field }) => field === 'password')?.message}
                />
              )}
              <Button type="submit" look="primary" busy={busy} autoFocus={!asksPassword}>
                {t('join.join')}
              </Button>
            </>
          )}
        </form>
      </div>
    </>
  );
}
