// A mutation and what became of it: its payload, or the faults, wherever the server put them.
import type { AnyVariables, Client, TypedDocumentNode } from '@urql/core';
import { type Fault, faultOfInput, faultsOf, networkFault } from './faults';

export type Outcome<Payload> = { readonly ok: true; readonly payload: Payload } | { readonly ok: false; readonly faults: readonly Fault[] };

interface Errors {
  readonly errors: readonly { readonly code: string; readonly message: string; readonly path: readonly string[] }[];
}

/** The document has one root field, and selects its `errors { code message path }`. */
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
