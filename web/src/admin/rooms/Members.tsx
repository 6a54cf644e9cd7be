// Who is in a room, with the role of each.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { MemberRole, RoomFactsFragment, RoomMembersQuery } from '../../shared/gql/admin/graphql';
import { Button } from '../../shared/ui/Button';
import { toast } from '../../shared/ui/Toasts';
import { useReport } from '../../shared/ui/useReport';
import { ActDialog } from '../parts/ActDialog';
import type { Column } from '../parts/DataTable';
import { List } from '../parts/List';
import { Section } from '../parts/Page';
import { PersonLine } from '../parts/Person';
import { placeIn, useNarrowing } from '../parts/place';
import { Time } from '../parts/Time';
import { useRead } from '../parts/useRead';
import { AddMembers, RemoveMember, RoomMembers } from './documents';
import styles from './Members.module.css';

type Member = NonNullable<RoomMembersQuery['room']>['members']['edges'][number];

const ROLES: readonly MemberRole[] = ['OWNER', 'MODERATOR', 'MEMBER', 'READER'];

export function Members({ room }: { room: RoomFactsFragment }) {
  const { t } = useTranslation('admin');
  const { address } = useNarrowing();
  const read = useRead(RoomMembers, { id: room.id, ...placeIn(address) });
  const members = read.data?.room?.members;
  const columns: readonly Column<Member>[] = [
    { head: t('rooms.member'), cell: ({ node }) => <PersonLine person={node} /> },
    { head: t('rooms.role'), cell: (member) => <Role room={room} member={member} onDone={read.again} /> },
    { head: t('rooms.joined'), cell: ({ joinedAt }) => <Time at={joinedAt} as="day" /> },
    { head: t('actions'), kind: 'actions', cell: (member) => <Remove room={room} member={member} onDone={read.again} /> },
  ];
  return (
    <Section title={t('rooms.members')}>
      <List
        label={t('rooms.members')}
        read={read}
        list={members && { ...members, nodes: members.edges }}
        counts="members"
        none={t('rooms.noMembers')}
        columns={columns}
        rowKey={({ node }) => node.id}
      />
    </Section>
  );
}

interface MemberProps {
  room: RoomFactsFragment;
  member: Member;
  onDone: () => void;
}

/** Rooms of one or two keep the roles they began with. */
function Role({ room, member: { node, role }, onDone }: MemberProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const report = useReport();
  const name = node.displayName;
  if (room.kind !== 'GROUP') return t(`rooms.roles.${role}`);
  const give = async (wanted: MemberRole) => {
    const outcome = await act(client, AddMembers, { input: { roomId: room.id, userIds: [node.id], role: wanted } });
    if (outcome.ok) toast({ text: t('rooms.roleGiven', { name, role: t(`rooms.roles.${wanted}`) }) });
    report(outcome);
    onDone();
  };
  return (
    <select
      className={styles.role}
      aria-label={t('rooms.roleOf', { name })}
      value={role}
      onChange={(event) => void give(ROLES.find((each) => each === event.target.value) ?? role)}
    >
      {ROLES.map((each) => (
        <option key={each} value={each}>
          {t(`rooms.roles.${each}`)}
        </option>
      ))}
    </select>
  );
}

function Remove({ room, member: { node }, onDone }: MemberProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const [isAsked, setAsked] = useState(false);
  const names = { name: node.displayName, room: room.name };
  if (room.kind !== 'GROUP') return null;
  return (
    <>
      <Button aria-label={t('rooms.removeNamed', names)} onClick={() => setAsked(true)}>
        {t('rooms.remove')}
      </Button>
      {isAsked && (
        <ActDialog
          title={t('rooms.removeTitle', names)}
          action={t('rooms.remove')}
          danger
          act={() => act(client, RemoveMember, { input: { roomId: room.id, userId: node.id } })}
          onDone={() => {
            setAsked(false);
            toast({ text: t('rooms.removed', names) });
            onDone();
          }}
          onClose={() => setAsked(false)}
        >
          {t('rooms.removeText', names)}
        </ActDialog>
      )}
    </>
  );
}
