import { Composer } from '@tertulia-examples/shared';
import { useState } from 'react';
import { graphql, useLazyLoadQuery, useMutation } from 'react-relay';
import type { RoomPaneQuery } from './__generated__/RoomPaneQuery.graphql';
import type { RoomPaneSendMutation } from './__generated__/RoomPaneSendMutation.graphql';
import { MessageList } from './MessageList';
import { useFollowRoom } from './useFollowRoom';

export function RoomPane({ roomId }: { roomId: string }) {
  const { room } = useLazyLoadQuery<RoomPaneQuery>(
    graphql`
      query RoomPaneQuery($roomId: ID!) {
        room(id: $roomId) {
          headCursor
          ...MessageList_room
        }
      }
    `,
    { roomId },
  );
  const [commit] = useMutation<RoomPaneSendMutation>(graphql`
    mutation RoomPaneSendMutation($input: SendMessageInput!) {
      sendMessage(input: $input) {
        errors {
          message
        }
      }
    }
  `);
  if (!room) return <p role="alert">There is no such room.</p>;
  return (
    <main className="room">
      <Follow roomId={roomId} from={room.headCursor} />
      <MessageList room={room} />
      <Composer
        send={(draft) =>
          new Promise((resolve, reject) => {
            commit({
              variables: { input: { roomId, ...draft } },
              // The message comes through the subscription, in its place among the others.
              onCompleted: ({ sendMessage }) => resolve(sendMessage.errors),
              onError: reject,
            });
          })
        }
      />
    </main>
  );
}

/** Follows the room from where the first page was loaded. */
function Follow({ roomId, from }: { roomId: string; from: string }) {
  // The cursor in the store moves on; the subscription began here, and resumes by itself.
  const [after] = useState(from);
  const error = useFollowRoom(roomId, after);
  return error ? <p role="alert">{error.message}</p> : null;
}
