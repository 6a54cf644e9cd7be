// Brings an event of a room into the cache. A message that is there is one object, so what shows it shows its change;
// only the list of a room's messages has to be told of a new one.
import type { ApolloCache, Reference } from '@apollo/client';
import type { FollowSubscription } from './gql/graphql';
import { MESSAGE } from './messages';

/** The list as `relayStylePagination` keeps it. */
interface StoredConnection {
  readonly edges: readonly { readonly cursor: string; readonly node: Reference }[];
}

export function takeIn(cache: ApolloCache, roomId: string, event: FollowSubscription['roomEvents']): void {
  const room = cache.identify({ __typename: 'Room', id: roomId });
  if (event.__typename === 'MessageAdded') {
    const node = cache.writeFragment({ fragment: MESSAGE, fragmentName: 'MessageParts', data: event.message });
    cache.modify<{ messages: StoredConnection }>({
      id: room,
      fields: {
        messages(existing) {
          const list = existing as StoredConnection;
          if (!node || list.edges.some((edge) => edge.node.__ref === node.__ref)) return list;
          return { ...list, edges: [...list.edges, { __typename: 'MessageEdge', cursor: event.cursor, node }] };
        },
      },
    });
  }
  if (event.__typename === 'MessageDeleted') {
    const message = cache.identify({ __typename: 'Message', id: event.messageId });
    cache.modify({ id: message, fields: { text: () => '', deletedAt: () => event.at } });
  }
  // What is in the cache reaches up to here: whoever opens the room again follows from here.
  cache.modify({ id: room, fields: { headCursor: () => event.cursor } });
}
