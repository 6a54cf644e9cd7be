// Carries an operation to the server: queries and mutations by POST, subscriptions by graphql-transport-ws.
import type { Fetcher, FetcherOpts, FetcherParams, Observable, Unsubscribable } from '@graphiql/toolkit';
import { type ExecutionResult, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { CloseCode, createClient, type Sink } from 'graphql-ws';
import { learnFrom, readSession } from './session';

const PATH = '/graphql';
/** The code of a socket that ended without a word. */
const ABNORMAL = 1006;
const LAST_ROOM_ID = '$lastRoomId';

/** Fields that make a session need none; a stale token must not stand in the way of a new one. */
const NEEDS_NO_TOKEN = new Set(['signup', 'login', 'refreshSession', '__schema', '__type', '__typename']);

export const fetcher: Fetcher = (params, options) => {
  const filled = fillIn(params.variables);
  if (filled === undefined) {
    return Promise.resolve({
      errors: [
        {
          message:
            `"${LAST_ROOM_ID}" stands for the room made last, and none has been made yet. ` +
            'Run the CreateRoom tab first, or write a room id in the variables.',
        },
      ],
    } as unknown as ExecutionResult);
  }
  const operation = findOperation(params);
  // Right after a change of tab the editor may still give the name of the tab before.
  const request = { ...params, variables: filled, operationName: operation ? operation.name?.value : params.operationName };
  return operation?.operation === 'subscription' ? subscribe(request, options) : post(request, operation, options);
};

async function post(
  request: FetcherParams,
  operation: OperationDefinitionNode | undefined,
  options: FetcherOpts | undefined,
): Promise<ExecutionResult> {
  const headers = headersWith(needsToken(operation) ? readSession().token : '', options, {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
  });

  const response = await fetch(PATH, { method: 'POST', headers, body: JSON.stringify(request) });
  const body = await response.text();
  let result: ExecutionResult;
  try {
    result = JSON.parse(body) as ExecutionResult;
  } catch {
    throw failure(`The server answered ${response.status} ${response.statusText} and no JSON: ${body.slice(0, 500)}`);
  }
  learnFrom(result.data);
  return result;
}

/** One client for each run, so that none begins with the lost tries of the one before. */
function subscribe(request: FetcherParams, options: FetcherOpts | undefined): Observable<ExecutionResult> {
  let connected = false;
  let tokenSent = '';
  const client = createClient({
    url: new URL(PATH, location.href.replace(/^http/, 'ws')).href,
    connectionParams: () => {
      tokenSent = readSession().token;
      return Object.fromEntries(headersWith(tokenSent, options));
    },
    on: {
      connected: () => {
        connected = true;
      },
    },
    // What was connected is worth trying again. With a refused token it is not, unless there is another by now.
    shouldRetry: (cause) => connected && (!isForbidden(cause) || ![tokenSent, ''].includes(readSession().token)),
  });
  const start = (sink: Sink<ExecutionResult>): Unsubscribable => {
    let stopped = false;
    const stop = client.subscribe<Record<string, unknown>>(
      { query: request.query, operationName: request.operationName, variables: request.variables },
      {
        next: (result) => stopped || sink.next(result as ExecutionResult),
        error: (cause) => {
          if (stopped) return;
          if (!Array.isArray(cause)) return sink.error(readable(cause, connected));
          // The server's own errors, shown as they are when they come over HTTP.
          sink.next({ errors: cause as ExecutionResult['errors'] });
          sink.complete();
        },
        // It may come seconds after a stop, and GraphiQL would take it for the end of the next run.
        complete: () => stopped || sink.complete(),
      },
    );
    return {
      unsubscribe: () => {
        stopped = true;
        stop();
      },
    };
  };
  // Of the ways to subscribe that the type has, GraphiQL uses this one.
  return { subscribe: start as Observable<ExecutionResult>['subscribe'] };
}

function isForbidden(cause: unknown): cause is CloseEvent {
  return cause instanceof CloseEvent && cause.code === CloseCode.Forbidden;
}

/** The client fails with the socket's close event, with its error event, which says nothing, or with an Error. */
function readable(cause: unknown, connected: boolean): Error {
  if (isForbidden(cause)) {
    const advice = 'Sign in again in the LogIn tab, or write a new token above; then run this again.';
    return failure(`${advice} The server closed the socket: ${cause.reason}`);
  }
  if (cause instanceof CloseEvent && cause.code !== ABNORMAL) {
    return failure(`The server closed the socket: ${cause.code} ${cause.reason || '(no reason given)'}`);
  }
  if (cause instanceof Error) return failure(cause.message);
  return failure(
    connected
      ? 'The connection was lost, and several tries did not bring it back.'
      : 'No WebSocket could be opened. Is the server up, and does a proxy before it let WebSockets through?',
  );
}

/** What is written in the Headers editor wins; a socket takes it in its first message. */
function headersWith(token: string, options: FetcherOpts | undefined, others: HeadersInit = {}): Headers {
  const headers = new Headers(others);
  if (token) headers.set('authorization', `Bearer ${token}`);
  for (const [name, value] of Object.entries(options?.headers ?? {})) headers.set(name, String(value));
  return headers;
}

/** GraphiQL prints the stack of an error it has one for, and ours tells the reader nothing. */
function failure(message: string): Error {
  const error = new Error(message);
  delete error.stack;
  return error;
}

function findOperation({ query, operationName }: FetcherParams): OperationDefinitionNode | undefined {
  try {
    const operations = parse(query).definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    return operations.find((node) => node.name?.value === operationName) ?? operations[0];
  } catch {
    // Not for us to say: the server explains what is wrong with it.
    return undefined;
  }
}

function needsToken(operation: OperationDefinitionNode | undefined): boolean {
  const fields = operation?.selectionSet.selections ?? [];
  return !(fields.length > 0 && fields.every((node) => node.kind === Kind.FIELD && NEEDS_NO_TOKEN.has(node.name.value)));
}

/** Puts the last room's id wherever the placeholder stands; undefined when there is no room to put. */
function fillIn(variables: unknown): Record<string, unknown> | null | undefined {
  const { lastRoomId } = readSession();
  let missing = false;
  const text = JSON.stringify(variables ?? null);
  const filled: unknown = JSON.parse(text, (_key, value: unknown) => {
    if (value !== LAST_ROOM_ID) return value;
    missing ||= lastRoomId === '';
    return lastRoomId;
  });
  return missing ? undefined : (filled as Record<string, unknown> | null);
}
