import { graphql, useFragment, usePaginationFragment } from 'react-relay';
import type { MessageList_room$key } from './__generated__/MessageList_room.graphql';
import type { MessageListItem_message$key } from './__generated__/MessageListItem_message.graphql';
import type { MessageListEarlierQuery } from './__generated__/MessageListEarlierQuery.graphql';

export function MessageList({ room }: { room: MessageList_room$key }) {
  const { data, hasPrevious, loadPrevious } = usePaginationFragment<MessageListEarlierQuery, MessageList_room$key>(
    graphql`
      fragment MessageList_room on Room
      @argumentDefinitions(last: { type: "Int", defaultValue: 20 }, before: { type: "String" })
      @refetchable(queryName: "MessageListEarlierQuery") {
        messages(last: $last, before: $before) @connection(key: "MessageList_messages") {
          edges {
            node {
              id
              ...MessageListItem_message
            }
          }
        }
      }
    `,
    room,
  );
  return (
    <div className="messages">
      <ol aria-label="Messages">
        {hasPrevious && (
          <li>
            <button onClick={() => loadPrevious(20)}>Earlier messages</button>
          </li>
        )}
        {data.messages.edges.map(({ node }) => (
          <MessageListItem key={node.id} message={node} />
        ))}
      </ol>
    </div>
  );
}

function MessageListItem({ message }: { message: MessageListItem_message$key }) {
  const { text, deletedAt, sender } = useFragment(
    graphql`
      fragment MessageListItem_message on Message {
        text
        deletedAt
        sender {
          displayName
        }
      }
    `,
    message,
  );
  return (
    <li className={deletedAt == null ? '' : 'deleted'}>
      <strong>{sender?.displayName ?? 'Somebody'}</strong> {deletedAt == null ? text : 'deleted'}
    </li>
  );
}
