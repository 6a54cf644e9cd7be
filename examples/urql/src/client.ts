// urql for one session: queries and mutations by HTTP, subscriptions by WebSocket, and a cache that knows pages.
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { connectLive, type Live } from '@tertulia/resume';
import type { Session } from '@tertulia-examples/shared';
import { Client, fetchExchange, subscriptionExchange } from 'urql';
import { takeIn } from './takeIn';

export interface Api {
  readonly client: Client;
  readonly live: Live;
  close(): void;
}

export function openApi(session: Session): Api {
  const live = connectLive({
    url: session.endpoint,
    token: ({ stale }) => session.freshToken(stale),
  });
  const client = new Client({
    url: session.endpoint,
    fetch: session.fetch,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({
        resolvers: {
          Query: { rooms: relayPagination() },
          Room: { messages: relayPagination() },
        },
        // A message's cursor is its own, and so the edge can be found again.
        keys: { MessageEdge: ({ cursor }) => String(cursor) },
        updates: { Subscription: { roomEvents: takeIn } },
      }),
      fetchExchange,
      // Subscriptions that are resumed after a cut, which urql never hears of.
      subscriptionExchange({
        forwardSubscription: ({ query = '', operationName, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: live.subscribe({ query, operationName, variables }, sink) }),
        }),
      }),
    ],
  });
  return { client, live, close: () => live.close() };
}
