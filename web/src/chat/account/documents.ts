// Signing in and up.
import { graphql } from '../../shared/gql/chat';

export const Login = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      user {
        id
      }
      tokens {
        ...Tokens
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const Signup = graphql(`
  mutation Signup($input: SignupInput!) {
    signup(input: $input) {
      user {
        id
      }
      tokens {
        ...Tokens
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const SetUpServer = graphql(`
  mutation SetUpServer($input: SetUpServerInput!) {
    setUpServer(input: $input) {
      user {
        id
      }
      tokens {
        ...Tokens
      }
      errors {
        ...Fault
      }
    }
  }
`);

export const ServerInfo = graphql(`
  query ServerInfo {
    serverInfo {
      signupOpen
    }
  }
`);
