// Who is in a room, page by page, and what one may do about each.
import { EllipsisVertical, MessageCircle, ShieldCheck, UserMinus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { faultsOf } from '../../shared/api/faults';
import type { MemberRole, RoomMembersQuery } from '../../shared/gql/chat/graphql';
import { Button, IconButton } from '../../shared/ui/Button';
import { Confirm } from '../../shared/ui/Dialog';
import { Faults } from '../../shared/ui/Faults';
import { Menu, MenuItem, MenuLine } from '../../shared/ui/Menu';
import { Bone } from '../../shared/ui/Spinner';
import { useReport } from '../../shared/ui/useReport';
import { Person } from '../people/Person';
import { AddMembers, CreateRoom, RemoveMember, RoomMembers } from './actions';
import { useInboxStore } from './InboxProvider';
import styles from './Members.module.css';
import { outranks, rolesGivenBy } from './roles';
import type { RoomHead } from './useRoom';

type Member = NonNullable<RoomMembersQuery['room']>['members']['edges'][number];

const PAGE = 50;

/** `onKnown` hears of everyone who is on the screen. */
export function Members({ room, onKnown }: { room: RoomHead; onKnown: (ids: readonly string[]) => void }) {
  const [pages, setPages] = useState<readonly (string | null)[]>([null]);
  const [known, setKnown] = useState<ReadonlyMap<string | null, readonly string[]>>(new Map());
  useEffect(() => onKnown([...known.values()].flat()), [known, onKnown]);
  return (
    <ul className={styles.members} aria-labelledby="members">
      {pages.map((after, index) => (
        <Page
          key={after}
          room={room}
          after={after}
          isLast={index === pages.length - 1}
          onMore={(next) => setPages([...pages, next])}
          onKnown={(ids) => setKnown((before) => new Map(before).set(after, ids))}
        />
      ))}
    </ul>
  );
}

interface PageProps {
  room: RoomHead;
  after: string | null;
  isLast: boolean;
  onMore: (after: string) => void;
  onKnown: (ids: readonly string[]) => void;
}

function Page({ room, after, isLast, onMore, onKnown }: PageProps) {
  const { t } = useTranslation('common');
  const [{ data, error }, query] = useQuery({
    query: RoomMembers,
    variables: { id: room.id, first: PAGE, after },
    requestPolicy: 'cache-and-network',
  });
  const members = data?.room?.members;
  const ids = members?.edges.map(({ node }) => node.id).join(' ');
  useEffect(() => {
    if (ids !== undefined) onKnown(ids.split(' '));
    // Whom it tells may be another function each time; what it tells is what matters.
  }, [ids]);
  if (error && !members) {
    return (
      <li>
        <Faults faults={faultsOf(error)} onRetry={() => query({ requestPolicy: 'network-only' })} />
      </li>
    );
  }
  if (!members) return [60, 45, 70].map((width) => <li key={width} className={styles.member}><Bone width="2.5rem" disc /><Bone width={`${width}%`} /></li>);
  const { endCursor, hasNextPage } = members.pageInfo;
  return (
    <>
      {members.edges.map((member) => (
        <MemberRow key={member.node.id} room={room} member={member} />
      ))}
      {isLast && hasNextPage && endCursor && (
        <li>
          <Button look="plain" wide onClick={() => onMore(endCursor)}>
            {t('more')}
          </Button>
        </li>
      )}
    </>
  );
}

function MemberRow({ room, member: { node: person, role } }: { room: RoomHead; member: Member }) {
  const { t } = useTranslation('chat');
  const { viewerId } = useInboxStore();
  const isOneself = person.id === viewerId;
  const isGroup = room.kind === 'GROUP';
  const notes = [isOneself && t('people.you'), isGroup && role !== 'MEMBER' && t(`details.role.${role}`)].filter(Boolean);
  return (
    <li className={styles.member}>
      <Person person={person} note={notes.join(', ')} />
      {isGroup && !isOneself && <MemberMenu room={room} person={person} role={role} />}
    </li>
  );
}

function MemberMenu({ room, person, role }: { room: RoomHead; person: Member['node']; role: MemberRole }) {
  const { t } = useTranslation('chat');
  const [asks, setAsks] = useState(false);
  const { setRole, remove, write } = useMemberActions(room, person);
  const mayChange = !room.archivedAt && outranks(room.viewerRole, role);
  return (
    <>
      <Menu trigger={<IconButton label={t('details.actionsFor', { name: person.displayName })} icon={<EllipsisVertical />} />}>
        <MenuItem icon={<MessageCircle />} onSelect={write}>
          {t('details.write')}
        </MenuItem>
        {mayChange && (
          <>
            <MenuLine />
            {rolesGivenBy(room.viewerRole)
              .filter((each) => each !== role)
              .map((each) => (
                <MenuItem key={each} icon={<ShieldCheck />} onSelect={() => setRole(each)}>
                  {t('details.makeRole', { role: t(`details.role.${each}`) })}
                </MenuItem>
              ))}
            <MenuLine />
            <MenuItem icon={<UserMinus />} danger onSelect={() => setAsks(true)}>
              {t('details.removeMember')}
            </MenuItem>
          </>
        )}
      </Menu>
      {asks && (
        <Confirm
          title={t('details.removeTitle', { name: person.displayName })}
          action={t('details.removeMember')}
          danger
          onConfirm={async () => {
            await remove();
            setAsks(false);
          }}
          onClose={() => setAsks(false)}
        >
          <p>{t('details.removeText')}</p>
        </Confirm>
      )}
    </>
  );
}

function useMemberActions(room: RoomHead, person: Member['node']) {
  const { client } = useApi();
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const report = useReport();
  return {
    setRole: (role: MemberRole) => {
      void act(client, AddMembers, { input: { roomId: room.id, userIds: [person.id], role } }).then(report);
    },
    remove: async () => report(await act(client, RemoveMember, { input: { roomId: room.id, userId: person.id } })),
    write: () => {
      void act(client, CreateRoom, { input: { kind: 'DUO', memberIds: [person.id] } }).then((outcome) => {
        report(outcome);
        if (!outcome.ok || !outcome.payload.room) return;
        inbox.refresh(outcome.payload.room.id);
        void navigate(`/rooms/${outcome.payload.room.id}`);
      });
    },
  };
}
