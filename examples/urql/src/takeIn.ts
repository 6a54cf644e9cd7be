// Brings an event of a room into the cache. A message that is there is one object, so what shows it shows its change;
// only the list of a room's messages has to be told of a new one.
import type { Cache } from '@urql/exchange-graphcache';
import { graphql } from './gql';
import type { FollowSubscription, FollowSubscriptionVariables } from './gql/graphql';

const TOMBSTONE = graphql(`
  fragment Tombstone on Message {
    id
    text
    deletedAt
  }
`);

const HEAD = graphql(`
  fragment Head on Room {
    id
    headCursor
  }
`);

export function takeIn({ roomEvents }: FollowSubscription, { roomId }: FollowSubscriptionVariables, cache: Cache): void {
  if (roomEvents.__typename === 'MessageAdded') append(cache, roomId, roomEvents.edge);
  if (roomEvents.__typename === 'MessageDeleted') {
    const { messageId, at } = roomEvents;
    cache.writeFragment(TOMBSTONE, { id: messageId, text: '', deletedAt: at });
  }
  // What is in the cache reaches up to here: whoever opens the room again follows from here.
  cache.writeFragment(HEAD, { id: roomId, headCursor: roomEvents.cursor });
}

/** The edge itself is written already; it goes to the end of the newest page. */
function append(cache: Cache, roomId: string, { cursor }: { cursor: string }): void {
  const room = { __typename: 'Room', id: roomId };
  const edge = cache.keyOfEntity({ __typename: 'MessageEdge', cursor });
  for (const { fieldKey, fieldName, arguments: given } of cache.inspectFields(room)) {
    if (fieldName !== 'messages' || given?.['before']) continue;
    const page = cache.resolve(room, fieldKey) as string;
    const edges = cache.resolve(page, 'edges') as string[];
    if (edge !== null && !edges.includes(edge)) cache.link(page, 'edges', [...edges, edge]);
  }
}
