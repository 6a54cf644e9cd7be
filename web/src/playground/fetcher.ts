// Carries an operation to the server: queries and mutations by POST, subscriptions by graphql-transport-ws.
import type { Fetcher, FetcherOpts, FetcherParams, Observable, Unsubscribable } from '@graphiql/toolkit';
import { type ExecutionResult, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { CloseCode, createClient, type Sink } from 'graphql-ws';
import { tokenNow } from './chat';
import { learnFrom, loggedOut, readSession } from './session';

const PATH = '/graphql';
/** The code of a socket that ended without a word. */
const ABNORMAL = 1006;
/** What the server says of a token that is over. */
const OVER = ['UNAUTHENTICATED', 'TOKEN_EXPIRED'];

/** Fields that make a session need none; a stale token must not stand in the way of a new one. */
const NEEDS_NO_TOKEN = new Set(['signup', 'login', 'refreshSession', '__schema', '__type', '__typename']);

export const fetcher: Fetcher = (params, options) => {
  const { filled, missing } = fillIn(params.variables);
  if (missing) {
    const message = missing === '$lastRoomId' ? NO_ROOM : noMessage(missing);
    return Promise.resolve({ errors: [{ message }] } as unknown as ExecutionResult);
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
  let token = needsToken(operation) ? await tokenNow() : '';
  let result = await send(request, token, options);
  if (token !== '' && readSession().chat && isOver(result)) {
    token = await tokenNow(token);
    result = await send(request, token, options);
  }
  learnFrom(result.data);
  if (readSession().chat && loggedOut(result.data)) await tokenNow(token);
  return result;
}

async function send(request: FetcherParams, token: string, options: FetcherOpts | undefined): Promise<ExecutionResult> {
  const headers = headersWith(token, options, {
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json',
  });
  const response = await fetch(PATH, { method: 'POST', headers, body: JSON.stringify(request) });
  const body = await response.text();
  try {
    return JSON.parse(body) as ExecutionResult;
  } catch {
    throw failure(`The server answered ${response.status} ${response.statusText} and no JSON: ${body.slice(0, 500)}`);
  }
}

function isOver({ errors }: ExecutionResult): boolean {
  return errors?.some(({ extensions }) => OVER.includes(String(extensions?.code))) ?? false;
}

/** One client for each run, so that none begins with the lost tries of the one before. */
function subscribe(request: FetcherParams, options: FetcherOpts | undefined): Observable<ExecutionResult> {
  let connected = false;
  let refused: string | undefined;
  let tokenSent = '';
  const client = createClient({
    url: new URL(PATH, location.href.replace(/^http/, 'ws')).href,
    connectionParams: async () => {
      tokenSent = await tokenNow(refused);
      return Object.fromEntries(headersWith(tokenSent, options));
    },
    on: {
      connected: () => {
        connected = true;
      },
      closed: (event) => {
        refused = isForbidden(event) ? tokenSent : undefined;
      },
    },
    // What was connected is worth trying again. With a refused token it is not, unless there is another by now, or the
    // chat brings one.
    shouldRetry: (cause) => connected && (!isForbidden(cause) || readSession().chat || ![tokenSent, ''].includes(readSession().token)),
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

const NO_ROOM =
  '"$lastRoomId" stands for the room made last, and none has been made yet. ' +
  'Run the CreateRoom tab first, or write a room id in the variables.';

function noMessage(placeholder: string): string {
  const what = placeholder === '$lastSeq' ? 'the number of the message' : 'the message';
  const instead = placeholder === '$lastSeq' ? 'a number' : 'a message id';
  return `"${placeholder}" stands for ${what} sent last, and none has been sent yet. Run the Send tab first, or write ${instead} in the variables.`;
}

/** Puts what was made last wherever a placeholder stands; `missing` is one that nothing has been made for. */
function fillIn(variables: unknown): { filled: Record<string, unknown> | null; missing: string | undefined } {
  const { lastRoomId, lastMessageId, lastSeq } = readSession();
  const last = new Map<unknown, string | number>([
    ['$lastRoomId', lastRoomId],
    ['$lastMessageId', lastMessageId],
    ['$lastSeq', lastSeq],
  ]);
  let missing: string | undefined;
  const filled: unknown = JSON.parse(JSON.stringify(variables ?? null), (_key, value: unknown) => {
    const found = last.get(value);
    if (found === undefined) return value;
    if (!found) missing ??= String(value);
    return found;
  });
  return { filled: filled as Record<string, unknown> | null, missing };
}
