// Who is signed in where, with a token that is renewed when the server no longer takes it. Kept for one tab, as a refresh
// token is good once.
import { graphql } from './gql';
import type { TypedDocumentString } from './gql/graphql';

const LOGIN = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      tokens {
        accessToken
        refreshToken
      }
      errors {
        message
      }
    }
  }
`);

const REFRESH = graphql(`
  mutation Refresh($input: RefreshSessionInput!) {
    refreshSession(input: $input) {
      tokens {
        accessToken
        refreshToken
      }
    }
  }
`);

const LOGOUT = graphql(`
  mutation Logout($input: LogoutInput!) {
    logout(input: $input) {
      loggedOut
    }
  }
`);

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

const KEY = 'tertulia-example';

export class Session {
  /** The server's /graphql. */
  readonly endpoint: string;
  #tokens: Tokens;
  #refreshing: Promise<Tokens | null> | undefined;
  readonly #onEnd = new Set<() => void>();

  static async signIn(server: string, usernameOrEmail: string, password: string): Promise<Session> {
    const endpoint = new URL('/graphql', server).href;
    const { login } = await ask(endpoint, LOGIN, { input: { usernameOrEmail, password } });
    if (!login.tokens) throw new Error(login.errors.map(({ message }) => message).join(' '));
    return new Session(endpoint, login.tokens);
  }

  /** The session from before the page was loaded anew. */
  static stored(): Session | null {
    const stored = sessionStorage.getItem(KEY);
    if (stored === null) return null;
    const { endpoint, tokens } = JSON.parse(stored) as { endpoint: string; tokens: Tokens };
    return new Session(endpoint, tokens);
  }

  private constructor(endpoint: string, tokens: Tokens) {
    this.endpoint = endpoint;
    this.#tokens = tokens;
    this.#store();
  }

  /** A token other than the stale one; null when the session is over. */
  async freshToken(stale: string | null): Promise<string | null> {
    if (this.#tokens.accessToken !== stale) return this.#tokens.accessToken;
    // Whoever asks meanwhile waits for the same answer.
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return (await this.#refreshing)?.accessToken ?? null;
  }

  /** `fetch` with the token, for a GraphQL client to use. */
  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const send = (token: string | null) => {
      const headers = new Headers(init.headers);
      if (token !== null) headers.set('authorization', `Bearer ${token}`);
      return fetch(input, { ...init, headers });
    };
    const token = this.#tokens.accessToken;
    const response = await send(token);
    return response.status === 401 ? send(await this.freshToken(token)) : response;
  };

  onEnd(listener: () => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  async signOut(): Promise<void> {
    const { refreshToken } = this.#tokens;
    this.#end();
    await ask(this.endpoint, LOGOUT, { input: { refreshToken } });
  }

  async #refresh(): Promise<Tokens | null> {
    const { refreshToken } = this.#tokens;
    const { refreshSession } = await ask(this.endpoint, REFRESH, { input: { refreshToken } });
    if (!refreshSession.tokens) {
      this.#end();
      return null;
    }
    this.#tokens = refreshSession.tokens;
    this.#store();
    return this.#tokens;
  }

  #store(): void {
    sessionStorage.setItem(KEY, JSON.stringify({ endpoint: this.endpoint, tokens: this.#tokens }));
  }

  #end(): void {
    sessionStorage.removeItem(KEY);
    for (const listener of this.#onEnd) listener();
  }
}

/** One operation by plain fetch, for what comes before there is a client. Rejects unless the server answers with data. */
async function ask<Data, Variables>(
  endpoint: string,
  query: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.[0]?.message ?? `The server answered ${response.status}.`);
  return data;
}
