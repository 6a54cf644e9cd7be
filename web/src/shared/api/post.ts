// One request to /graphql without a session, for what comes before there is one. All else goes through the client.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { stringifyDocument } from '@urql/core';
import { language } from '../i18n/language';

export const ENDPOINT = '/graphql';
/** How long an answer may take before the network counts as lost. */
const TIMEOUT_MS = 30_000;

export interface Answer<Data> {
  readonly data: Data | null;
  readonly errors: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
  /** The server's clock when it answered. */
  readonly serverNow: number;
}

/** Throws when no answer came, or none that is GraphQL. */
export async function post<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Answer<Data>> {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      'accept-language': language(),
    },
    body: JSON.stringify({ query: stringifyDocument(document), variables }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = (await response.json()) as Partial<Answer<Data>>;
  const stamp = Date.parse(response.headers.get('date') ?? '');
  return { data: body.data ?? null, errors: body.errors ?? [], serverNow: Number.isNaN(stamp) ? Date.now() : stamp };
}
