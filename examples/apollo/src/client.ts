// Apollo Client for one session: queries and mutations by HTTP, subscriptions by WebSocket, and a cache that knows pages.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { getMainDefinition, relayStylePagination } from '@apollo/client/utilities';
import { connectLive, type GraphQLFault, type Live } from '@tertulia/resume';
import type { Session } from '@tertulia-examples/shared';
import { print } from 'graphql';
import { Observable } from 'rxjs';

export interface Api {
  readonly client: ApolloClient;
  readonly live: Live;
  close(): void;
}

export function openApi(session: Session): Api {
  const live = connectLive({
    url: session.endpoint,
    token: ({ stale }) => session.freshToken(stale),
  });
  const client = new ApolloClient({
    link: ApolloLink.split(isSubscription, liveLink(live), new HttpLink({ uri: session.endpoint, fetch: session.fetch })),
    cache: new InMemoryCache({
      typePolicies: {
        Query: { fields: { rooms: relayStylePagination(['filter']) } },
        Room: { fields: { messages: relayStylePagination() } },
      },
    }),
  });
  return {
    client,
    live,
    close() {
      live.close();
      client.stop();
    },
  };
}

function isSubscription({ query }: ApolloLink.Operation): boolean {
  const definition = getMainDefinition(query);
  return definition.kind === 'OperationDefinition' && definition.operation === 'subscription';
}

/** Subscriptions that are resumed after a cut, which Apollo never hears of. */
function liveLink(live: Live): ApolloLink {
  return new ApolloLink(
    ({ query, operationName, variables }) =>
      new Observable((observer) =>
        live.subscribe<Record<string, unknown>, Record<string, unknown>>(
          { query: print(query), operationName, variables },
          {
            next: (result) => observer.next(result as ApolloLink.Result),
            error: (errors) => observer.error(new CombinedGraphQLErrors({ data: null, errors: errors as GraphQLFault[] })),
            complete: () => observer.complete(),
          },
        ),
      ),
  );
}
