// The one session of this page, renewed and ended over the network, and what React components see of it.
import { useSyncExternalStore } from 'react';
import { post } from '../api/post';
import { graphql } from '../gql/shared';
import { surroundings } from './browser';
import { Session, type SessionState, type Tokens } from './session';

const RefreshSession = graphql(`
  mutation RefreshSession($input: RefreshSessionInput!) {
    refreshSession(input: $input) {
      tokens {
        ...Tokens
      }
      errors {
        code
      }
    }
  }
`);

const Logout = graphql(`
  mutation Logout($input: LogoutInput!) {
    logout(input: $input) {
      loggedOut
    }
  }
`);

export const TokensFragment = graphql(`
  fragment Tokens on AuthTokens {
    accessToken
    accessExpiresAt
    refreshToken
  }
`);

export const session = new Session(renew, end, surroundings());

export function useSession(): SessionState {
  return useSyncExternalStore(session.onChange, () => session.state);
}

/** Tokens as the server gives them; `serverNow` is its clock, by which they end. */
export function tokensFrom(
  given: { accessToken: string; accessExpiresAt: string; refreshToken: string },
  serverNow: number = Date.now(),
): Tokens {
  const lasts = Date.parse(given.accessExpiresAt) - serverNow;
  return { accessToken: given.accessToken, accessUntil: Date.now() + lasts, refreshToken: given.refreshToken };
}

async function renew(refreshToken: string): Promise<Tokens | null> {
  const { data, errors, serverNow } = await post(RefreshSession, { input: { refreshToken } });
  if (!data) throw new Error(errors[0]?.message ?? 'The server gave no answer.');
  const { tokens } = data.refreshSession;
  return tokens ? tokensFrom(tokens, serverNow) : null;
}

async function end(refreshToken: string): Promise<void> {
  await post(Logout, { input: { refreshToken } });
}
