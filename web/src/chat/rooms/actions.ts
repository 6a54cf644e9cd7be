// What is done to rooms and their members.
import { graphql } from '../../shared/gql/chat';

export const CreateRoom = graphql(`
  mutation CreateRoom($input: CreateRoomInput!) {
    createRoom(input: $input) {
      room {
        ...InboxRoom
      }
      errors {
        code
        message
        path
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
        code
        message
        path
      }
    }
  }
`);

export const LeaveRoom = graphql(`
  mutation LeaveRoom($input: LeaveRoomInput!) {
    leaveRoom(input: $input) {
      leftRoomId
      errors {
        code
        message
        path
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
        code
        message
        path
      }
    }
  }
`);

export const DeleteRoom = graphql(`
  mutation DeleteRoom($input: DeleteRoomInput!) {
    deleteRoom(input: $input) {
      deletedRoomId
      errors {
        code
        message
        path
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
        code
        message
        path
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
        code
        message
        path
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
