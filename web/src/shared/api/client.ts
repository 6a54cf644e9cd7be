// The GraphQL client of a page: cache, session, one live connection. Made anew for each person who signs in, so that
// nobody sees what another has read.
import { Client, type CombinedError, type Exchange, type ExecutionResult, fetchExchange, type Operation, subscriptionExchange } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import type { CacheExchangeOpts } from '@urql/exchange-graphcache';
import { language } from '../i18n/language';
import { session } from '../session/account';
import { makeCache } from './cache';
import { openLive } from './live';
import { ENDPOINT } from './post';
import type { Handlers, Live } from '@tertulia/resume';

/** What an area wants to know of a subscription of its own, beside the results: `context: { following }`. */
export type FollowingHandlers = Pick<Handlers<unknown>, 'state' | 'reset' | 'ended'>;

export interface Api {
  readonly client: Client;
  /** The same without the cache: for whoever keeps what is read in a way of their own, and would have it held twice. */
  readonly direct: Client;
  readonly live: Live;
  close(): void;
}

/** Fields that make a session need none. */
const FIRST = new Set(['login', 'signup', 'setUpServer', 'serverInfo']);

export function openApi(updates?: CacheExchangeOpts['updates'], lists?: CacheExchangeOpts['resolvers']): Api {
  const live = openLive();
  const client = clientOf([makeCache(updates, lists), ...network(live)]);
  return { client, direct: clientOf(network(live)), live, close: () => live.close() };
}

function clientOf(exchanges: Exchange[]): Client {
  return new Client({
    url: ENDPOINT,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { 'accept-language': language() } }),
    exchanges,
  });
}

/** Queries and mutations with the session's token, subscriptions over the live connection. */
function network(live: Live): Exchange[] {
  let refused: string | null = null;
  return [
    authExchange(async (utilities) => ({
      addAuthToOperation: (operation) =>
        session.accessToken && !isFirst(operation)
          ? utilities.appendHeaders(operation, { authorization: `Bearer ${session.accessToken}` })
          : operation,
      willAuthError: (operation) => session.state.is === 'signedIn' && !session.isFresh && !isFirst(operation),
      didAuthError: (error, operation) => {
        if (!isAboutToken(error) || isFirst(operation)) return false;
        refused = tokenOf(operation);
        return true;
      },
      refreshAuth: async () => {
        await session.freshToken(refused);
      },
    })),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }, operation) => ({
        subscribe: (sink) => {
          const { state, reset, ended } = (operation.context.following ?? {}) as FollowingHandlers;
          const following = live.follow(
            { query, variables: variables as Record<string, unknown> },
            {
              next: (result) => sink.next(result as ExecutionResult),
              ended: (end) => {
                ended?.(end);
                sink.complete();
              },
              ...(state ? { state } : {}),
              ...(reset ? { reset } : {}),
            },
          );
          return { unsubscribe: () => following.stop() };
        },
      }),
    }),
  ];
}

function isAboutToken(error: CombinedError): boolean {
  return error.graphQLErrors.some(({ extensions }) => ['UNAUTHENTICATED', 'TOKEN_EXPIRED'].includes(String(extensions.code)));
}

/** The token that an operation went out with. */
function tokenOf({ context: { fetchOptions } }: Operation): string | null {
  const { headers } = (typeof fetchOptions === 'function' ? fetchOptions() : fetchOptions) ?? {};
  return new Headers(headers).get('authorization')?.replace('Bearer ', '') ?? null;
}

function isFirst({ query }: Operation): boolean {
  const [operation] = query.definitions;
  if (operation?.kind !== 'OperationDefinition') return false;
  return operation.selectionSet.selections.every((each) => each.kind === 'Field' && FIRST.has(each.name.value));
}
