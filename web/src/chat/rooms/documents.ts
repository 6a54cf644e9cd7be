// What the list of rooms asks the server, and what it follows.
import { graphql } from '../../shared/gql/chat';

export const PersonCardDocument = graphql(`
  fragment PersonCard on User {
    id
    username
    displayName
    avatarUrl
    presence
  }
`);

export const InboxMessageFragment = graphql(`
  fragment InboxMessage on Message {
    id
    seq
    text
    createdAt
    deletedAt
    sender {
      id
      displayName
    }
    attachments {
      id
      kind
    }
  }
`);

/** Two members are enough to know whom a DUO room is with. */
export const InboxRoomFragment = graphql(`
  fragment InboxRoom on Room {
    id
    kind
    name
    visibility
    isOpen
    memberCount
    viewerRole
    createdAt
    archivedAt
    viewerState {
      lastReadSeq
      unreadCount
    }
    lastMessage {
      ...InboxMessage
    }
    pair: members(first: 2) {
      nodes {
        ...PersonCard
      }
    }
  }
`);

export const InboxPage = graphql(`
  query InboxPage($first: Int!, $after: String) {
    rooms(first: $first, after: $after) {
      nodes {
        ...InboxRoom
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const InboxRooms = graphql(`
  query InboxRooms($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
      ... on Room {
        ...InboxRoom
      }
    }
  }
`);

export const InboxEvents = graphql(`
  subscription InboxEvents($after: String) {
    inboxEvents(after: $after) {
      __typename
      cursor
      replayed
      roomId
      ... on MessageAdded {
        message {
          ...InboxMessage
        }
      }
      ... on MessageChanged {
        message {
          ...InboxMessage
        }
      }
      ... on MessageDeleted {
        messageId
        seq
      }
      ... on MemberChanged {
        user {
          ...PersonCard
        }
        role
      }
      ... on RoomChanged {
        room {
          ...InboxRoom
        }
      }
      ... on ReadMoved {
        user {
          id
        }
        lastReadSeq
      }
    }
  }
`);

export const Presences = graphql(`
  query Presences($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      id
      ... on User {
        presence
      }
    }
  }
`);
