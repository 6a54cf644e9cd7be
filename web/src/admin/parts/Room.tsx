// A room where there is room for a line: what kind it is, its name; leads to its page.
import { MessagesSquare, NotebookPen, UsersRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { graphql } from '../../shared/gql/admin';
import type { RoomKind, RoomLineFragment } from '../../shared/gql/admin/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { Badge } from './Badge';
import styles from './Person.module.css';

export const RoomLineFragmentDocument = graphql(`
  fragment RoomLine on Room {
    id
    name
    kind
    archivedAt
  }
`);

export function RoomLine({ room }: { room: RoomLineFragment }) {
  return (
    <span className={styles.line}>
      <Avatar id={room.id} name={room.name} shape="room" icon={<KindIcon kind={room.kind} />} size={2} />
      <span className={styles.first}>
        <RoomName room={room} />
        <RoomBadges room={room} />
      </span>
    </span>
  );
}

/** The name alone, within a sentence. */
export function RoomName({ room }: { room: Pick<RoomLineFragment, 'id' | 'name'> }) {
  return (
    <Link className={styles.name} to={`/rooms/${room.id}`}>
      {room.name}
    </Link>
  );
}

export function RoomBadges({ room }: { room: Pick<RoomLineFragment, 'archivedAt'> }) {
  const { t } = useTranslation('admin');
  return room.archivedAt && <Badge tone="warn">{t('rooms.archived')}</Badge>;
}

export function KindIcon({ kind }: { kind: RoomKind }) {
  const Icon = { SELF: NotebookPen, DUO: UsersRound, GROUP: MessagesSquare }[kind];
  return <Icon aria-hidden="true" />;
}
