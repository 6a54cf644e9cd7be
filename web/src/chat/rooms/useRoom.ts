// One room as the pages beside the list show it, whether one is a member or only looks in.
import { useQuery } from 'urql';
import { type Fault, faultsOf } from '../../shared/api/faults';
import { graphql } from '../../shared/gql/chat';
import type { RoomHeadFragment } from '../../shared/gql/chat/graphql';

export type RoomHead = RoomHeadFragment;

export type RoomState =
  | { readonly is: 'loading' }
  | { readonly is: 'there'; readonly room: RoomHead }
  /** Deleted, left, or never for one to know of. */
  | { readonly is: 'gone' }
  | { readonly is: 'failed'; readonly faults: readonly Fault[]; readonly retry: () => void };

/** Nothing in it is for members alone. */
export const RoomHeadDocument = graphql(`
  fragment RoomHead on Room {
    id
    kind
    name
    description
    visibility
    isOpen
    memberCount
    viewerRole
    createdAt
    archivedAt
    capacity
    hasPassword
    inviteUrl
  }
`);

const RoomHeadQuery = graphql(`
  query RoomHead($id: ID!) {
    room(id: $id) {
      ...RoomHead
    }
  }
`);

export function useRoom(roomId: string): RoomState {
  const [{ data, error, fetching }, query] = useQuery({
    query: RoomHeadQuery,
    variables: { id: roomId },
    requestPolicy: 'cache-and-network',
  });
  if (data?.room) return { is: 'there', room: data.room };
  if (error) {
    const faults = faultsOf(error);
    // An id that is none, as from an address that was cut off.
    if (faults.some(({ code }) => code === 'BAD_INPUT' || code === 'NOT_FOUND')) return { is: 'gone' };
    return { is: 'failed', faults, retry: () => query({ requestPolicy: 'network-only' }) };
  }
  return fetching || !data ? { is: 'loading' } : { is: 'gone' };
}
