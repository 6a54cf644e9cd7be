// What the desk reads of people, and what it does to them.
import { graphql } from '../../shared/gql/admin';

export const Users = graphql(`
  query Users($filter: UserFilter, $first: Int, $after: String, $last: Int, $before: String) {
    users(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes {
        ...Person
        email
        userType
        presence
        createdAt
      }
      pageInfo {
        ...Places
      }
    }
  }
`);

export const UserFacts = graphql(`
  fragment UserFacts on User {
    ...Person
    firstName
    lastName
    email
    userType
    bio
    phone
    address
    presence
    createdAt
    databaseId
  }
`);

export const OneUser = graphql(`
  query OneUser($id: ID!) {
    user(id: $id) {
      ...UserFacts
      sessions {
        ...SessionLine
      }
    }
  }
`);

export const CreateUser = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        ...UserFacts
      }
      password
      errors {
        ...Fault
      }
    }
  }
`);

export const UpdateUser = graphql(`
  mutation UpdateUser($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
      user {
        ...UserFacts
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const SetUserDisabled = graphql(`
  mutation SetUserDisabled($input: SetUserDisabledInput!) {
    setUserDisabled(input: $input) {
      user {
        ...Person
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const SetAdministrator = graphql(`
  mutation SetAdministrator($input: SetAdministratorInput!) {
    setAdministrator(input: $input) {
      user {
        ...Person
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const ResetPassword = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      user {
        ...Person
      }
      password
      errors {
        ...Fault
      }
    }
  }
`);
