// A mutation and what became of it: its payload, or the faults, wherever the server put them.
import type { AnyVariables, Client, TypedDocumentNode } from '@urql/core';
import { graphql } from '../gql/shared';
import type { FaultFragment } from '../gql/shared/graphql';
import { type Fault, faultOfInput, faultsOf, networkFault } from './faults';

/** What a payload says against its input. */
export const FaultDocument = graphql(`
  fragment Fault on UserError {
    code
    message
    path
  }
`);

export type Outcome<Payload> = { readonly ok: true; readonly payload: Payload } | { readonly ok: false; readonly faults: readonly Fault[] };

interface Errors {
  readonly errors: readonly FaultFragment[];
}

/** The document has one root field, and selects its `errors { ...Fault }`. */
export async function act<Data, Variables extends AnyVariables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Outcome<Data[Exclude<keyof Data, '__typename'>]>> {
  const { data, error } = await client.mutation(document, variables).toPromise();
  if (error) return { ok: false, faults: faultsOf(error) };
  const [payload] = Object.entries(data ?? {}).flatMap(([name, value]) => (name === '__typename' ? [] : [value as unknown]));
  if (!payload) return { ok: false, faults: [networkFault()] };
  const { errors } = payload as Errors;
  if (errors.length > 0) return { ok: false, faults: errors.map(faultOfInput) };
  return { ok: true, payload: payload as Data[Exclude<keyof Data, '__typename'>] };
}
