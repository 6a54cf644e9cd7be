// What the desk reads of rooms, and what it does to them.
import { graphql } from '../../shared/gql/admin';

export const Rooms = graphql(`
  query Rooms($filter: RoomFilter!, $first: Int, $after: String, $last: Int, $before: String) {
    rooms(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes {
        ...RoomLine
        visibility
        memberCount
        createdAt
      }
      pageInfo {
        ...Places
      }
    }
  }
`);

export const RoomFacts = graphql(`
  fragment RoomFacts on Room {
    ...RoomLine
    description
    visibility
    capacity
    hasPassword
    isOpen
    memberCount
    createdAt
    databaseId
    viewerRole
    createdBy {
      ...Person
    }
  }
`);

export const OneRoom = graphql(`
  query OneRoom($id: ID!) {
    room(id: $id) {
      ...RoomFacts
    }
  }
`);

export const RoomMembers = graphql(`
  query RoomMembers($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    room(id: $id) {
      id
      members(first: $first, after: $after, last: $last, before: $before) {
        totalCount
        edges {
          role
          joinedAt
          node {
            ...Person
          }
        }
        pageInfo {
          ...Places
        }
      }
    }
  }
`);

export const UpdateRoom = graphql(`
  mutation UpdateRoom($input: UpdateRoomInput!) {
    updateRoom(input: $input) {
      room {
        ...RoomFacts
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const ArchiveRoom = graphql(`
  mutation ArchiveRoom($input: ArchiveRoomInput!) {
    archiveRoom(input: $input) {
      room {
        ...RoomFacts
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const DeleteRoom = graphql(`
  mutation DeleteRoom($input: DeleteRoomInput!) {
    deleteRoom(input: $input) {
      deletedRoomId
      errors {
        ...Fault
      }
    }
  }
`);

/** Gives a member another role, too. */
export const AddMembers = graphql(`
  mutation AddMembers($input: AddMembersInput!) {
    addMembers(input: $input) {
      room {
        ...RoomFacts
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const RemoveMember = graphql(`
  mutation RemoveMember($input: RemoveMemberInput!) {
    removeMember(input: $input) {
      removedUserId
      room {
        ...RoomFacts
      }
      errors {
        ...Fault
      }
    }
  }
`);
