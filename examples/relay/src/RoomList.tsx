import { graphql, useFragment, useLazyLoadQuery, usePaginationFragment } from 'react-relay';
import type { RoomList_query$key } from './__generated__/RoomList_query.graphql';
import type { RoomListItem_room$key } from './__generated__/RoomListItem_room.graphql';
import type { RoomListPageQuery } from './__generated__/RoomListPageQuery.graphql';
import type { RoomListQuery } from './__generated__/RoomListQuery.graphql';

interface Choice {
  readonly roomId: string | undefined;
  readonly onChoose: (roomId: string) => void;
}

export function RoomList({ roomId, onChoose }: Choice) {
  const query = useLazyLoadQuery<RoomListQuery>(
    graphql`
      query RoomListQuery {
        ...RoomList_query
      }
    `,
    {},
  );
  const { data, hasNext, loadNext } = usePaginationFragment<RoomListPageQuery, RoomList_query$key>(
    graphql`
      fragment RoomList_query on Query
      @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
      @refetchable(queryName: "RoomListPageQuery") {
        rooms(first: $first, after: $after) @connection(key: "RoomList_rooms") {
          edges {
            node {
              id
              ...RoomListItem_room
            }
          }
        }
      }
    `,
    query,
  );
  return (
    <nav className="rooms" aria-label="Rooms">
      <ul>
        {data.rooms.edges.map(({ node }) => (
          <li key={node.id}>
            <RoomListItem room={node} isOpen={node.id === roomId} onChoose={() => onChoose(node.id)} />
          </li>
        ))}
      </ul>
      {hasNext && <button onClick={() => loadNext(20)}>More rooms</button>}
    </nav>
  );
}

function RoomListItem({ room, isOpen, onChoose }: { room: RoomListItem_room$key; isOpen: boolean; onChoose: () => void }) {
  const { name, lastMessage } = useFragment(
    graphql`
      fragment RoomListItem_room on Room {
        name
        lastMessage {
          text
        }
      }
    `,
    room,
  );
  return (
    <button aria-current={isOpen} onClick={onChoose}>
      {name}
      <small>{lastMessage?.text}</small>
    </button>
  );
}
