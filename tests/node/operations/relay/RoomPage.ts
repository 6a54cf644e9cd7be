// One room: messages page backwards, members forwards, and what is sent or received joins the messages.
import { graphql } from 'react-relay';

export const query = graphql`
  query RoomPageQuery($id: ID!) {
    room(id: $id) {
      id
      name
      headCursor
      ...RoomPage_messages
      ...RoomPage_members
    }
  }
`;

export const messages = graphql`
  fragment RoomPage_messages on Room
  @argumentDefinitions(count: { type: "Int", defaultValue: 50 }, cursor: { type: "String" })
  @refetchable(queryName: "RoomPageMessagesQuery") {
    messages(last: $count, before: $cursor) @connection(key: "RoomPage_messages") {
      __id
      edges {
        cursor
        node {
          id
          ...RoomPage_message
        }
      }
      pageInfo {
        hasPreviousPage
        startCursor
      }
    }
  }
`;

export const members = graphql`
  fragment RoomPage_members on Room
  @argumentDefinitions(count: { type: "Int", defaultValue: 50 }, cursor: { type: "String" })
  @refetchable(queryName: "RoomPageMembersQuery") {
    members(first: $count, after: $cursor) @connection(key: "RoomPage_members") {
      totalCount
      edges {
        cursor
        role
        joinedAt
        node {
          id
          displayName
          avatarUrl
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

export const message = graphql`
  fragment RoomPage_message on Message {
    seq
    text
    createdAt
    sender {
      id
      displayName
    }
  }
`;

export const send = graphql`
  mutation RoomPageSendMutation($input: SendMessageInput!, $connections: [ID!]!) {
    sendMessage(input: $input) {
      edge @appendEdge(connections: $connections) {
        cursor
        node {
          id
          ...RoomPage_message
        }
      }
      duplicate
      errors {
        code
        message
        path
      }
    }
  }
`;

export const added = graphql`
  subscription RoomPageAddedSubscription($roomId: ID!, $after: String, $connections: [ID!]!) {
    messageAdded(roomId: $roomId, after: $after) {
      cursor
      replayed
      edge @appendEdge(connections: $connections) {
        cursor
        node {
          id
          ...RoomPage_message
        }
      }
    }
  }
`;
