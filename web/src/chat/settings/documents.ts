// One's own account.
import { graphql } from '../../shared/gql/chat';

export const OwnProfileDocument = graphql(`
  fragment OwnProfile on User {
    ...PersonCard
    firstName
    lastName
    email
    bio
    phone
    address
    userType
  }
`);

export const Profile = graphql(`
  query Profile {
    viewer {
      ...OwnProfile
    }
  }
`);

export const UpdateProfile = graphql(`
  mutation UpdateProfile($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
      user {
        ...OwnProfile
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const ChangePassword = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      tokens {
        ...Tokens
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const Devices = graphql(`
  query Devices {
    viewer {
      id
      sessions {
        id
        client
        createdAt
        lastUsedAt
        current
      }
    }
  }
`);

export const EndSession = graphql(`
  mutation EndSession($input: EndSessionInput!) {
    endSession(input: $input) {
      ended
      errors {
        ...Fault
      }
    }
  }
`);
