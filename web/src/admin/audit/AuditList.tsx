// Entries of the audit log as sentences, with who and what in them leading to their pages.
import { useTranslation } from 'react-i18next';
import { graphql } from '../../shared/gql/admin';
import type { AuditLineFragment, AuditTargetsQuery } from '../../shared/gql/admin/graphql';
import type { Column } from '../parts/DataTable';
import { List, type ListProps } from '../parts/List';
import { PersonName } from '../parts/Person';
import { RoomName } from '../parts/Room';
import { Time } from '../parts/Time';
import { useRead } from '../parts/useRead';
import styles from './AuditList.module.css';
import { known, pieces } from './sentence';

export const AuditLine = graphql(`
  fragment AuditLine on AuditEntry {
    id
    at
    action
    targetId
    detail
    actor {
      ...Person
    }
  }
`);

export const AuditLog = graphql(`
  query AuditLog($actorId: ID, $targetId: ID, $action: String, $first: Int, $after: String, $last: Int, $before: String) {
    auditLog(actorId: $actorId, targetId: $targetId, action: $action, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes {
        ...AuditLine
      }
      pageInfo {
        ...Places
      }
    }
  }
`);

const AuditTargets = graphql(`
  query AuditTargets($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
      ... on User {
        ...Person
      }
      ... on Room {
        ...RoomLine
      }
      ... on Message {
        seq
        room {
          ...RoomLine
        }
      }
    }
  }
`);

/** What to say of targets that have no names of their own. */
const UNNAMED: Readonly<Record<string, 'audit.device' | 'audit.aMessage'>> = { 'session.end': 'audit.device', 'message.delete': 'audit.aMessage' };
/** Actions whose detail is the name of what it was done to. */
const NAMING = ['server.set_up', 'user.create', 'user.delete', 'user.admin_on', 'session.end', 'room.delete', 'room.archive', 'room.unarchive'];
/** Actions whose detail is the room they were done in; their sentences have it. */
const WITHIN = ['member.role', 'member.remove'];

type Target = AuditTargetsQuery['nodes'][number];

/** What is gone is null; what is still asked for is not among them. */
type Targets = ReadonlyMap<string, Target>;

export function AuditList(props: Pick<ListProps<AuditLineFragment>, 'read' | 'list' | 'label' | 'none' | 'pages'>) {
  const { t } = useTranslation('admin');
  const ids = [...new Set(props.list?.nodes.flatMap(({ targetId }) => targetId ?? []))];
  const { data, isBusy } = useRead(AuditTargets, { ids }, { pause: ids.length === 0 });
  const targets = targetsOf(data?.nodes ?? [], data && !isBusy ? ids : []);
  const columns: readonly Column<AuditLineFragment>[] = [
    { head: t('audit.at'), cell: ({ at }) => <Time at={at} /> },
    { head: t('audit.what'), kind: 'wide', cell: (entry) => <Sentence entry={entry} targets={targets} /> },
    { head: t('audit.detail'), cell: (entry) => (saysMore(entry) ? <span className={styles.detail}>{entry.detail}</span> : null) },
  ];
  return <List {...props} counts="entries" columns={columns} rowKey={({ id }) => id} />;
}

/** `asked`: the ids that the answer is whole for. */
function targetsOf(found: readonly Target[], asked: readonly string[]): Targets {
  const gone = asked.map((id) => [id, null] as const);
  return new Map<string, Target>([...gone, ...found.flatMap((node) => (node ? [[node.id, node] as const] : []))]);
}

function Sentence({ entry, targets }: { entry: AuditLineFragment; targets: Targets }) {
  const { t } = useTranslation('admin');
  const action = known(entry.action);
  const sentence = action ? t(`audit.said.${action}`) : t('audit.said.other', { action: entry.action });
  const target = entry.targetId === null ? null : targets.get(entry.targetId);
  const names: Record<string, React.ReactNode> = {
    actor: entry.actor ? <PersonName person={entry.actor} /> : t('audit.console'),
    target: <TargetName target={target} entry={entry} />,
    detail: entry.detail === '' ? t('audit.aRoom') : `“${entry.detail}”`,
  };
  return (
    <span>
      {pieces(sentence).map((piece, index) => (
        // The pieces of a sentence keep their places.
        <span key={index}>{'text' in piece ? piece.text : names[piece.name]}</span>
      ))}
    </span>
  );
}

function TargetName({ target, entry }: { target: Target | undefined; entry: AuditLineFragment }) {
  const { t } = useTranslation('admin');
  if (target === undefined) return '…';
  switch (target?.__typename) {
    case 'User':
      return <PersonName person={target} />;
    case 'Room':
      return <RoomName room={target} />;
    case 'Message':
      return (
        <>
          {t('audit.message', { seq: target.seq })} (<RoomName room={target.room} />)
        </>
      );
    default:
      return gone(entry, t(UNNAMED[entry.action] ?? 'audit.gone'));
  }
}

/** Of what is gone, the entry itself may tell the name. */
function gone({ action, detail }: AuditLineFragment, otherwise: string): string {
  return NAMING.includes(action) && detail !== '' ? `“${detail}”` : otherwise;
}

/** Whether the detail is more than the sentence has. */
function saysMore({ action, detail }: AuditLineFragment): boolean {
  return detail !== '' && !NAMING.includes(action) && !WITHIN.includes(action);
}
