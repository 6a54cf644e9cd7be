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
        code
        message
        path
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
        code
        message
        path
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
        code
        message
        path
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
