// Carries an operation to the server: queries and mutations by POST, subscriptions by graphql-transport-ws.
import type { Fetcher, FetcherOpts, FetcherParams } from '@graphiql/toolkit';
import { type ExecutionResult, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { CloseCode, createClient } from 'graphql-ws';
import { learnFrom, readSession } from './session';

const PATH = '/graphql';
/** The code of a socket that ended without a word, and so of one that never began. */
const ABNORMAL = 1006;
const LAST_ROOM_ID = '$lastRoomId';

/** Fields that make a session need none; a stale token must not stand in the way of a new one. */
const NEEDS_NO_TOKEN = new Set(['signup', 'login', 'refreshSession', '__schema', '__type', '__typename']);

/** Whether the server has ever opened a socket for this page. */
let opened = false;

const socket = createClient({
  url: new URL(PATH, location.href.replace(/^http/, 'ws')).href,
  // Asked at each connect, and the socket closes with its last subscription: a new token is used from the next one on.
  connectionParams: () => {
    const { token } = readSession();
    return token ? { Authorization: `Bearer ${token}` } : {};
  },
  on: {
    connected: () => {
      opened = true;
    },
  },
  // A lost connection is tried again; a refused token, or a server that opens no sockets, would refuse again.
  shouldRetry: (cause) => opened && cause instanceof CloseEvent && cause.code !== CloseCode.Forbidden,
});

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
  return operation?.operation === 'subscription' ? subscribe(request) : post(request, operation, options);
};

async function post(
  request: FetcherParams,
  operation: OperationDefinitionNode | undefined,
  options: FetcherOpts | undefined,
): Promise<ExecutionResult> {
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
  });
  const { token } = readSession();
  if (token && needsToken(operation)) headers.set('authorization', `Bearer ${token}`);
  // What is written in the Headers editor wins.
  for (const [name, value] of Object.entries(options?.headers ?? {})) headers.set(name, String(value));

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

/** A plain object and not an async generator: that could not be stopped while it waits for the next event. */
function subscribe(request: FetcherParams): AsyncIterableIterator<ExecutionResult> {
  const events = socket.iterate({
    query: request.query,
    operationName: request.operationName ?? null,
    variables: request.variables,
  });
  const stream: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]: () => stream,
    next: () =>
      events.next().catch((cause: unknown) => {
        throw readable(cause);
      }) as Promise<IteratorResult<ExecutionResult>>,
    return: async () => {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
  return stream;
}

/** The client fails with a list of GraphQL errors, with the socket's close event, or with an Error. */
function readable(cause: unknown): Error {
  if (cause instanceof CloseEvent && (opened || cause.code !== ABNORMAL)) {
    return failure(`The server closed the socket: ${cause.code} ${cause.reason || '(no reason given)'}`);
  }
  if (Array.isArray(cause)) {
    return failure(cause.map((error: { message?: string }) => error.message ?? 'unknown error').join('\n'));
  }
  if (opened && cause instanceof Error) {
    return failure(cause.message);
  }
  return failure('The server opened no socket: it does not deliver live, or cannot be reached. Page messages instead.');
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
