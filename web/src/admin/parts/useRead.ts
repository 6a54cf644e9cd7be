// Reads something for a page of the desk: what was read before at once, and what there is now as soon as it has come.
import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useCallback, useEffect, useMemo } from 'react';
import { useClient, useQuery } from 'urql';
import { type Fault, faultsOf } from '../../shared/api/faults';
import { DeskViewer } from '../Gate';

export interface Read<Data> {
  readonly data: Data | undefined;
  readonly faults: readonly Fault[];
  /** Something newer than what is shown is on its way. */
  readonly isBusy: boolean;
  readonly again: () => void;
}

export function useRead<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { pause = false } = {},
): Read<Data> {
  const [{ data, error, fetching }, execute] = useQuery({ query, variables, requestPolicy: 'cache-and-network', pause });
  const again = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const faults = useMemo(() => (error ? faultsOf(error) : []), [error]);
  useSecondLook(faults);
  return { data: pause ? undefined : data, faults, isBusy: fetching, again };
}

/** Who is refused here may be no administrator any more: the gate finds out. */
function useSecondLook(faults: readonly Fault[]): void {
  const client = useClient();
  const isForbidden = faults.some(({ code }) => code === 'FORBIDDEN');
  useEffect(() => {
    if (isForbidden) void client.query(DeskViewer, {}, { requestPolicy: 'network-only' }).toPromise();
  }, [client, isForbidden]);
}
