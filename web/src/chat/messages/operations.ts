// What the message pane asks of the server.
import { graphql } from '../../shared/gql/chat';

graphql(`
  fragment Person on User {
    id
    username
    displayName
    avatarUrl
  }
`);

graphql(`
  fragment FileParts on Attachment {
    id
    kind
    fileName
    contentType
    byteSize
    width
    height
    url
    thumbnailUrl
  }
`);

graphql(`
  fragment MessageParts on Message {
    id
    seq
    text
    createdAt
    editedAt
    deletedAt
    clientMessageId
    sender {
      ...Person
    }
    attachments {
      ...FileParts
    }
    replyTo {
      id
      seq
      text
      deletedAt
      sender {
        id
        displayName
      }
      attachments {
        id
        kind
        fileName
      }
    }
    reactions {
      emoji
      count
      viewerReacted
    }
  }
`);

graphql(`
  fragment MessagePage on MessageConnection {
    totalCount
    pageInfo {
      hasPreviousPage
      hasNextPage
    }
    edges {
      cursor
      node {
        ...MessageParts
      }
    }
  }
`);

graphql(`
  fragment RoomParts on Room {
    id
    kind
    name
    description
    isOpen
    archivedAt
    viewerRole
    memberCount
  }
`);

export const OpenRoom = graphql(`
  query OpenRoom($roomId: ID!, $count: Int!) {
    room(id: $roomId) {
      ...RoomParts
      headCursor
      viewerState {
        lastReadSeq
        unreadCount
      }
      messages(last: $count) {
        ...MessagePage
      }
    }
  }
`);

export const Older = graphql(`
  query OlderMessages($roomId: ID!, $before: String!, $count: Int!) {
    room(id: $roomId) {
      id
      messages(last: $count, before: $before) {
        ...MessagePage
      }
    }
  }
`);

export const Newer = graphql(`
  query NewerMessages($roomId: ID!, $after: String!, $count: Int!) {
    room(id: $roomId) {
      id
      messages(first: $count, after: $after) {
        ...MessagePage
      }
    }
  }
`);

export const Newest = graphql(`
  query NewestMessages($roomId: ID!, $count: Int!) {
    room(id: $roomId) {
      id
      messages(last: $count) {
        ...MessagePage
      }
    }
  }
`);

export const Around = graphql(`
  query MessagesAround($roomId: ID!, $messageId: ID, $seq: Int, $count: Int!) {
    room(id: $roomId) {
      id
      messagesAround(messageId: $messageId, seq: $seq, count: $count) {
        ...MessagePage
      }
    }
  }
`);

export const ReadMarks = graphql(`
  query ReadMarks($roomId: ID!, $first: Int!) {
    room(id: $roomId) {
      id
      members(first: $first) {
        edges {
          lastReadSeq
          node {
            ...Person
            presence
          }
        }
      }
    }
  }
`);

export const FollowRoom = graphql(`
  subscription FollowRoom($roomId: ID!, $after: String) {
    roomEvents(roomId: $roomId, after: $after) {
      __typename
      cursor
      at
      replayed
      ... on SubscriptionStarted {
        backlog
      }
      ... on MessageAdded {
        message {
          ...MessageParts
        }
      }
      ... on MessageChanged {
        message {
          ...MessageParts
        }
      }
      ... on MessageDeleted {
        messageId
        seq
      }
      ... on HistoryTrimmed {
        fromSeq
        toSeq
      }
      ... on ReadMoved {
        user {
          ...Person
        }
        lastReadSeq
      }
      ... on MemberChanged {
        user {
          id
        }
        role
      }
      ... on RoomChanged {
        room {
          ...RoomParts
        }
      }
    }
  }
`);

export const Activity = graphql(`
  subscription RoomActivity($roomId: ID!) {
    roomActivity(roomId: $roomId) {
      typing {
        id
        displayName
      }
      online {
        id
        presence
      }
    }
  }
`);

export const SendMessage = graphql(`
  mutation SendMessage($input: SendMessageInput!) {
    sendMessage(input: $input) {
      edge {
        cursor
        node {
          ...MessageParts
        }
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const EditMessage = graphql(`
  mutation EditMessage($input: EditMessageInput!) {
    editMessage(input: $input) {
      message {
        ...MessageParts
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const DeleteMessage = graphql(`
  mutation DeleteMessage($input: DeleteMessageInput!) {
    deleteMessage(input: $input) {
      message {
        ...MessageParts
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const ReactTo = graphql(`
  mutation ReactToMessage($input: ReactToMessageInput!) {
    reactToMessage(input: $input) {
      message {
        ...MessageParts
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const MarkRead = graphql(`
  mutation MarkRead($input: MarkReadInput!) {
    markRead(input: $input) {
      room {
        id
        viewerState {
          lastReadSeq
          unreadCount
        }
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const SetTyping = graphql(`
  mutation SetTyping($input: SetTypingInput!) {
    setTyping(input: $input) {
      expiresAt
      errors {
        ...Fault
      }
    }
  }
`);

export const EarlierTexts = graphql(`
  query EarlierTexts($messageId: ID!) {
    node(id: $messageId) {
      __typename
      ... on Message {
        id
        edits {
          text
          editedAt
        }
      }
    }
  }
`);

export const WhoReacted = graphql(`
  query WhoReacted($messageId: ID!, $first: Int!) {
    node(id: $messageId) {
      __typename
      ... on Message {
        id
        reactions {
          emoji
          count
          users(first: $first) {
            nodes {
              id
              displayName
            }
          }
        }
      }
    }
  }
`);

export const FreshLinks = graphql(`
  query FreshLinks($attachmentId: ID!) {
    node(id: $attachmentId) {
      __typename
      ... on Attachment {
        ...FileParts
      }
    }
  }
`);

export const Limits = graphql(`
  query Limits {
    serverInfo {
      maxTextLength
      maxUploadBytes
      maxUploadsPerMessage
    }
  }
`);

export const SearchMessages = graphql(`
  query SearchMessages($search: MessageSearch!, $first: Int!, $after: String) {
    searchMessages(search: $search, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        text
        createdAt
        sender {
          ...Person
        }
        attachments {
          id
          kind
          fileName
        }
        room {
          id
          name
        }
      }
    }
  }
`);
