// What is done to rooms and their members.
import { graphql } from '../../shared/gql/chat';

export const CreateRoom = graphql(`
  mutation CreateRoom($input: CreateRoomInput!) {
    createRoom(input: $input) {
      room {
        ...InboxRoom
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const JoinRoom = graphql(`
  mutation JoinRoom($input: JoinRoomInput!) {
    joinRoom(input: $input) {
      room {
        ...InboxRoom
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const LeaveRoom = graphql(`
  mutation LeaveRoom($input: LeaveRoomInput!) {
    leaveRoom(input: $input) {
      leftRoomId
      errors {
        ...Fault
      }
    }
  }
`);

export const UpdateRoom = graphql(`
  mutation UpdateRoom($input: UpdateRoomInput!) {
    updateRoom(input: $input) {
      room {
        ...RoomHead
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

export const AddMembers = graphql(`
  mutation AddMembers($input: AddMembersInput!) {
    addMembers(input: $input) {
      room {
        id
        memberCount
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
        id
        memberCount
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const RoomMembers = graphql(`
  query RoomMembers($id: ID!, $first: Int!, $after: String) {
    room(id: $id) {
      id
      members(first: $first, after: $after) {
        edges {
          role
          node {
            ...PersonCard
            bio
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);
