// The operations of one room.
import { graphql } from './gql';

export const MESSAGE = graphql(`
  fragment MessageParts on Message {
    id
    seq
    text
    createdAt
    deletedAt
    sender {
      id
      displayName
    }
  }
`);

export const PAGE = graphql(`
  fragment PageParts on MessageConnection {
    edges {
      cursor
      node {
        ...MessageParts
      }
    }
    pageInfo {
      hasPreviousPage
      startCursor
    }
  }
`);

/** The newest messages, with the cursor to follow the room from. */
export const ROOM = graphql(`
  query Room($roomId: ID!) {
    room(id: $roomId) {
      id
      headCursor
      messages(last: 20) {
        ...PageParts
      }
    }
  }
`);

/** Earlier messages. By now the room may have moved on, so `headCursor` is not asked for. */
export const EARLIER = graphql(`
  query Earlier($roomId: ID!, $before: String) {
    room(id: $roomId) {
      id
      messages(last: 20, before: $before) {
        ...PageParts
      }
    }
  }
`);

export const FOLLOW = graphql(`
  subscription Follow($roomId: ID!, $after: String) {
    roomEvents(roomId: $roomId, after: $after) {
      __typename
      cursor
      replayed
      ... on MessageAdded {
        edge {
          cursor
          node {
            ...MessageParts
            room {
              id
              lastMessage {
                id
                text
              }
            }
          }
        }
      }
      ... on MessageChanged {
        message {
          ...MessageParts
        }
      }
      ... on MessageDeleted {
        messageId
        at
      }
    }
  }
`);

export const SEND = graphql(`
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) {
      message {
        id
      }
      errors {
        message
      }
    }
  }
`);
