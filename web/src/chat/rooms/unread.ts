// Setting a room aside for later, or having done with it: one's read mark is moved.
import type { Client } from '@urql/core';
import { act } from '../../shared/api/act';
import { graphql } from '../../shared/gql/chat';
import type { LastSaidQuery } from '../../shared/gql/chat/graphql';
import { faultsOf } from '../../shared/api/faults';
import { MarkRead } from '../messages/operations';
import type { InboxRoom } from './arrivals';

const LastSaid = graphql(`
  query LastSaid($id: ID!, $last: Int!) {
    room(id: $id) {
      id
      messages(last: $last) {
        nodes {
          id
          seq
          deletedAt
          sender {
            id
          }
        }
      }
    }
  }
`);

/** How far back something of another is looked for. */
const LOOKED_AT = 50;

type Said = NonNullable<LastSaidQuery['room']>['messages']['nodes'][number];

/** The number of the newest message that counts as unread when nothing was read: neither one's own nor deleted. */
export function lastOfOthers(said: readonly Said[], viewerId: string): number | null {
  return said.findLast(({ sender, deletedAt }) => sender?.id !== viewerId && deletedAt === null)?.seq ?? null;
}

/** Counts what others said last as unread again; `nothing` where nobody said anything. */
export async function markUnread(client: Client, roomId: string, viewerId: string) {
  const { data, error } = await client.query(LastSaid, { id: roomId, last: LOOKED_AT }, { requestPolicy: 'network-only' }).toPromise();
  if (error) return { ok: false, faults: faultsOf(error) } as const;
  const seq = lastOfOthers(data?.room?.messages.nodes ?? [], viewerId);
  if (seq === null) return 'nothing';
  return act(client, MarkRead, { input: { roomId, seq: seq - 1, force: true } });
}

export async function markRead(client: Client, { id, lastMessage }: Pick<InboxRoom, 'id' | 'lastMessage'>) {
  return act(client, MarkRead, { input: { roomId: id, seq: lastMessage?.seq ?? 0 } });
}
