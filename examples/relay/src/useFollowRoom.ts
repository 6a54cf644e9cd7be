import { useMemo, useState } from 'react';
import { graphql, useSubscription } from 'react-relay';
import { ConnectionHandler, type GraphQLSubscriptionConfig } from 'relay-runtime';
import type { useFollowRoomSubscription } from './__generated__/useFollowRoomSubscription.graphql';

const FOLLOW = graphql`
  subscription useFollowRoomSubscription($roomId: ID!, $after: String, $connections: [ID!]!) {
    roomEvents(roomId: $roomId, after: $after) {
      __typename
      cursor
      replayed
      ... on MessageAdded {
        edge @appendEdge(connections: $connections) {
          cursor
          node {
            ...MessageListItem_message
            room {
              ...RoomListItem_room
            }
          }
        }
      }
      ... on MessageChanged {
        message {
          ...MessageListItem_message
        }
      }
      ... on MessageDeleted {
        messageId
        at
      }
    }
  }
`;

/** Brings what happens in a room behind `after` into the store; gives the reason when it is over for good. */
export function useFollowRoom(roomId: string, after: string): Error | undefined {
  const [error, setError] = useState<Error>();
  const config = useMemo<GraphQLSubscriptionConfig<useFollowRoomSubscription>>(
    () => ({
      subscription: FOLLOW,
      variables: { roomId, after, connections: [ConnectionHandler.getConnectionID(roomId, 'MessageList_messages')] },
      onError: setError,
      updater(store, data) {
        const event = data?.roomEvents;
        if (!event) return;
        // Of the events selected above only a deletion has them.
        const { messageId, at } = event;
        if (messageId !== undefined) store.get(messageId)?.setValue('', 'text').setValue(at, 'deletedAt');
        // What is in the store reaches up to here: whoever opens the room again follows from here.
        store.get(roomId)?.setValue(event.cursor, 'headCursor');
      },
    }),
    [roomId, after],
  );
  useSubscription(config);
  return error;
}
