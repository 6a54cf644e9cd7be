// The viewer's rooms: a connection on Query, and a new room put at its head.
import { graphql } from 'react-relay';

export const query = graphql`
  query RoomListQuery($count: Int!) {
    viewer {
      id
      displayName
    }
    ...RoomList_query @arguments(count: $count)
  }
`;

export const rooms = graphql`
  fragment RoomList_query on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 50 }, cursor: { type: "String" })
  @refetchable(queryName: "RoomListPaginationQuery") {
    rooms(first: $count, after: $cursor) @connection(key: "RoomList_rooms") {
      totalCount
      edges {
        cursor
        node {
          id
          ...RoomList_room
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

export const room = graphql`
  fragment RoomList_room on Room @refetchable(queryName: "RoomListRoomRefetchQuery") {
    name
    kind
    memberCount
    lastMessage {
      text
      createdAt
    }
  }
`;

export const create = graphql`
  mutation RoomListCreateMutation($input: CreateRoomInput!, $connections: [ID!]!) {
    createRoom(input: $input) {
      edge @prependEdge(connections: $connections) {
        cursor
        node {
          id
          ...RoomList_room
        }
      }
      created
      errors {
        code
        message
        path
      }
    }
  }
`;

export const createAtTheEnd = graphql`
  mutation RoomListCreateLastMutation($input: CreateRoomInput!, $connections: [ID!]!) {
    createRoom(input: $input) {
      edge @appendEdge(connections: $connections) {
        cursor
        node {
          id
          ...RoomList_room
        }
      }
    }
  }
`;
