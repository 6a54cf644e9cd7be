// Messages through the top-level field, of one room or of all, in both directions; and people, found again by id.
import { graphql } from 'react-relay';

export const query = graphql`
  query AnyMessagesQuery($roomId: ID, $userIds: [ID!]!) {
    ...AnyMessages_query @arguments(roomId: $roomId)
    nodes(ids: $userIds) {
      ... on User {
        ...AnyMessages_user @alias
      }
    }
  }
`;

export const messages = graphql`
  fragment AnyMessages_query on Query
  @argumentDefinitions(
    roomId: { type: "ID" }
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int", defaultValue: 50 }
    before: { type: "String" }
  )
  @refetchable(queryName: "AnyMessagesPaginationQuery") {
    messages(roomId: $roomId, first: $first, after: $after, last: $last, before: $before)
      @connection(key: "AnyMessages_messages", filters: ["roomId"]) {
      edges {
        cursor
        node {
          id
          text
          room {
            name
          }
        }
      }
    }
  }
`;

export const user = graphql`
  fragment AnyMessages_user on User @refetchable(queryName: "AnyMessagesUserRefetchQuery") {
    username
    displayName
  }
`;
