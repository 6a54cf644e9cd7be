// The right region: what a room is, who is in it, and what one may change about both.
import type { Client } from '@urql/core';
import { Archive, CalendarDays, Copy, DoorOpen, Globe, LogOut, Lock, Settings, Trash2, UserPlus, X } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { act, type Outcome } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { longDate } from '../../shared/i18n/time';
import { useLocale } from '../../shared/i18n/useLocale';
import { Button, IconButton } from '../../shared/ui/Button';
import { Confirm } from '../../shared/ui/Dialog';
import { toast } from '../../shared/ui/Toasts';
import { useReport } from '../../shared/ui/useReport';
import { DeleteRoom, LeaveRoom } from './actions';
import { useInboxRoom, useViewerId } from './InboxProvider';
import { Members } from './Members';
import { nameOf } from './names';
import { RoomAvatar } from './RoomAvatar';
import styles from './Rooms.module.css';
import { mayEdit, mayInvite } from './roles';
import { type RoomHead, useRoom } from './useRoom';

const AddMembersDialog = lazy(() => import('./AddMembersDialog'));
const RoomSettingsDialog = lazy(() => import('./RoomSettingsDialog'));

export default function RoomDetails() {
  const { t } = useTranslation('chat');
  const navigate = useNavigate();
  const { roomId = '' } = useParams();
  const state = useRoom(roomId);
  const aside = useRef<HTMLElement>(null);
  // Where the keyboard goes on from, on a phone and for who hears the page.
  useEffect(() => aside.current?.focus({ preventScroll: true }), []);
  return (
    <aside ref={aside} className={styles.details} aria-label={t('rooms.details')} tabIndex={-1}>
      <div className={styles.bar}>
        <h2 className={styles.titles}>{t('rooms.details')}</h2>
        <IconButton label={t('rooms.hideDetails')} icon={<X />} onClick={() => void navigate(`/rooms/${roomId}`)} />
      </div>
      {state.is === 'there' && <Details key={roomId} room={state.room} />}
    </aside>
  );
}

function Details({ room }: { room: RoomHead }) {
  const { t } = useTranslation('chat');
  const viewerId = useViewerId();
  const pair = useInboxRoom(room.id)?.pair ?? { nodes: [] };
  const [memberIds, setMemberIds] = useState<readonly string[]>([]);
  const [open, setOpen] = useState<'add' | 'settings' | null>(null);
  const isGroup = room.kind === 'GROUP';
  const close = () => setOpen(null);
  const mayChange = isGroup && !room.archivedAt;
  return (
    <div className={styles.scroll}>
      <div className={styles.portrait}>
        <RoomAvatar room={{ ...room, pair }} viewerId={viewerId} size={5} />
        <h2 dir="auto">{nameOf({ ...room, pair }, viewerId, t)}</h2>
        {room.description && <p dir="auto">{room.description}</p>}
      </div>
      <Facts room={room} />
      {room.inviteUrl && isGroup && <Invite url={room.inviteUrl} />}
      <section aria-labelledby="members">
        <h3>
          <span id="members">{isGroup ? t('rooms.members', { count: room.memberCount }) : t('details.members')}</span>
          {mayChange && mayInvite(room.viewerRole) && (
            <IconButton label={t('details.add')} icon={<UserPlus />} onClick={() => setOpen('add')} />
          )}
        </h3>
        <Members room={room} onKnown={setMemberIds} />
      </section>
      <div className={styles.acts}>
        {mayChange && mayEdit(room.viewerRole, room.isOpen) && (
          <Button look="plain" onClick={() => setOpen('settings')}>
            <Settings />
            {t('details.settings')}
          </Button>
        )}
        {isGroup && room.viewerRole && <Leave room={room} />}
        {room.kind !== 'DUO' && room.viewerRole === 'OWNER' && <Delete room={room} />}
      </div>
      <Suspense fallback={null}>
        {open === 'add' && <AddMembersDialog room={room} memberIds={memberIds} onClose={close} />}
        {open === 'settings' && <RoomSettingsDialog room={room} onClose={close} />}
      </Suspense>
    </div>
  );
}

function Facts({ room }: { room: RoomHead }) {
  const { t } = useTranslation('chat');
  const locale = useLocale();
  const date = longDate(new Date(room.createdAt), locale);
  return (
    <ul className={styles.facts}>
      {room.archivedAt && <Fact icon={<Archive />}>{t('details.archived')}</Fact>}
      {room.kind === 'GROUP' && (
        <Fact icon={room.isOpen ? <DoorOpen /> : room.visibility === 'PUBLIC' ? <Globe /> : <Lock />}>
          {room.isOpen ? t('details.open') : room.visibility === 'PUBLIC' ? t('details.public') : t('details.private')}
        </Fact>
      )}
      <Fact icon={<CalendarDays />}>{t('details.created', { date })}</Fact>
    </ul>
  );
}

function Fact({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <li>
      {icon}
      {children}
    </li>
  );
}

/** The link on the address by which one came here: the server's own may be another. */
function Invite({ url }: { url: string }) {
  const { t } = useTranslation('chat');
  const field = useRef<HTMLInputElement>(null);
  const link = new URL(new URL(url).pathname, location.origin).href;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      toast({ text: t('details.copied') });
    } catch {
      // Without TLS a page may not write to the clipboard: the text is chosen, to be copied by hand.
      field.current?.select();
    }
  };
  return (
    <section aria-labelledby="invite">
      <h3 id="invite">{t('details.invite')}</h3>
      <div className={styles.invite}>
        <input ref={field} readOnly value={link} aria-labelledby="invite" onFocus={(event) => event.target.select()} />
        <IconButton label={t('details.copy')} icon={<Copy />} onClick={() => void copy()} />
      </div>
      <p className={styles.note}>{t('details.inviteHint')}</p>
    </section>
  );
}

function Leave({ room }: { room: RoomHead }) {
  const { t } = useTranslation('chat');
  return (
    <Drastic
      icon={<LogOut />}
      action={t('details.leave')}
      title={t('details.leaveTitle', { name: room.name })}
      text={t('details.leaveText')}
      run={(client) => act(client, LeaveRoom, { input: { roomId: room.id } })}
    />
  );
}

function Delete({ room }: { room: RoomHead }) {
  const { t } = useTranslation('chat');
  return (
    <Drastic
      icon={<Trash2 />}
      action={t('details.delete')}
      title={t('details.deleteTitle', { name: room.name })}
      text={t('details.deleteText')}
      run={(client) => act(client, DeleteRoom, { input: { roomId: room.id } })}
    />
  );
}

interface DrasticProps {
  icon: ReactNode;
  action: string;
  title: string;
  text: string;
  run: (client: Client) => Promise<Outcome<unknown>>;
}

/** What takes the room off the list: asked for once more, and then back to the list. */
function Drastic({ icon, action, title, text, run }: DrasticProps) {
  const { client } = useApi();
  const navigate = useNavigate();
  const report = useReport();
  const [asks, setAsks] = useState(false);
  const confirm = async () => {
    const outcome = await run(client);
    setAsks(false);
    report(outcome);
    if (outcome.ok) void navigate('/', { replace: true });
  };
  return (
    <>
      <Button look="plain" className={styles.bad} onClick={() => setAsks(true)}>
        {icon}
        {action}
      </Button>
      {asks && (
        <Confirm title={title} action={action} danger onConfirm={confirm} onClose={() => setAsks(false)}>
          <p>{text}</p>
        </Confirm>
      )}
    </>
  );
}
