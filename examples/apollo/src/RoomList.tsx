import { useQuery } from '@apollo/client/react';
import { graphql } from './gql';

const ROOM_LIST = graphql(`
  query RoomList($after: String) {
    rooms(first: 20, after: $after) {
      edges {
        cursor
        node {
          id
          name
          lastMessage {
            id
            text
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export function RoomList({ roomId, onChoose }: { roomId: string | undefined; onChoose: (roomId: string) => void }) {
  const { data, error, fetchMore } = useQuery(ROOM_LIST);
  if (error) return <p role="alert">{error.message}</p>;
  if (!data) return <p>Loading …</p>;
  const { edges, pageInfo } = data.rooms;
  return (
    <nav className="rooms" aria-label="Rooms">
      <ul>
        {edges.map(({ node }) => (
          <li key={node.id}>
            <button aria-current={node.id === roomId} onClick={() => onChoose(node.id)}>
              {node.name}
              <small>{node.lastMessage?.text}</small>
            </button>
          </li>
        ))}
      </ul>
      {pageInfo.hasNextPage && (
        <button onClick={() => void fetchMore({ variables: { after: pageInfo.endCursor } })}>More rooms</button>
      )}
    </nav>
  );
}
