import { Composer } from '@tertulia-examples/shared';
import { useState } from 'react';
import { useClient, useMutation, useQuery, useSubscription } from 'urql';
import { EARLIER, FOLLOW, ROOM, SEND } from './messages';

export function RoomPane({ roomId }: { roomId: string }) {
  const client = useClient();
  const [{ data, error }] = useQuery({ query: ROOM, variables: { roomId } });
  const [, send] = useMutation(SEND);
  if (error) return <p role="alert">{error.message}</p>;
  if (!data) return <p>Loading …</p>;
  if (!data.room) return <p role="alert">There is no such room.</p>;
  const { headCursor, messages } = data.room;
  const { hasPreviousPage, startCursor } = messages.pageInfo;
  return (
    <main className="room">
      <Follow roomId={roomId} from={headCursor} />
      <div className="messages">
        <ol aria-label="Messages">
          {hasPreviousPage && (
            <li>
              {/* The cache joins the page to those before, and the query above shows them all. */}
              <button onClick={() => void client.query(EARLIER, { roomId, before: startCursor }).toPromise()}>Earlier messages</button>
            </li>
          )}
          {messages.edges.map(({ node }) => (
            <li key={node.id} className={node.deletedAt === null ? '' : 'deleted'}>
              <strong>{node.sender?.displayName ?? 'Somebody'}</strong> {node.deletedAt === null ? node.text : 'deleted'}
            </li>
          ))}
        </ol>
      </div>
      <Composer
        send={async (draft) => {
          const { data, error } = await send({ input: { roomId, ...draft } });
          if (error) throw error;
          // The message comes through the subscription, in its place among the others.
          return data?.sendMessage.errors ?? [];
        }}
      />
    </main>
  );
}

/** Follows the room from where the first page was loaded. */
function Follow({ roomId, from }: { roomId: string; from: string }) {
  // The cursor in the cache moves on; the subscription began here, and resumes by itself.
  const [after] = useState(from);
  const [{ error }] = useSubscription({ query: FOLLOW, variables: { roomId, after } });
  return error ? <p role="alert">{error.message}</p> : null;
}
