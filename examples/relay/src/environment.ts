// Relay for one session: queries and mutations by HTTP, subscriptions by WebSocket.
import { connectLive, type GraphQLFault, type Live } from '@tertulia/resume';
import type { Session } from '@tertulia-examples/shared';
import {
  Environment,
  type FetchFunction,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  Store,
  type SubscribeFunction,
} from 'relay-runtime';

export interface Api {
  readonly environment: Environment;
  readonly live: Live;
  close(): void;
}

export function openApi(session: Session): Api {
  const live = connectLive({
    url: session.endpoint,
    token: ({ stale }) => session.freshToken(stale),
  });

  // A document has its text, or an id where the compiler was told to persist it (persistConfig).
  const fetchResult: FetchFunction = async ({ name, text, id }, variables) => {
    const response = await session.fetch(session.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ operationName: name, query: text, documentId: id, variables }),
    });
    return (await response.json()) as GraphQLResponse;
  };

  // Subscriptions that are resumed after a cut, which Relay never hears of.
  const subscribe: SubscribeFunction = ({ name, text, id }, variables) =>
    Observable.create((sink) =>
      live.subscribe(
        { operationName: name, query: text, documentId: id, variables },
        {
          next: (result) => sink.next(result as GraphQLResponse),
          error: (errors) => sink.error(new Error((errors as GraphQLFault[])[0]?.message)),
          complete: () => sink.complete(),
        },
      ),
    );

  const environment = new Environment({
    network: Network.create(fetchResult, subscribe),
    store: new Store(new RecordSource()),
  });
  return { environment, live, close: () => live.close() };
}
