// Where in a list one is, and what narrows it: both stand in the address, so that it can be gone back to and handed on.
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** Rows on one page of a list. */
export const ROWS = 25;

/** A page as the schema's lists take it. */
export interface Place {
  readonly first?: number;
  readonly after?: string;
  readonly last?: number;
  readonly before?: string;
}

export function placeIn(address: URLSearchParams, rows: number = ROWS): Place {
  const before = address.get('before');
  if (before) return { last: rows, before };
  const after = address.get('after');
  return after ? { first: rows, after } : { first: rows };
}

/** Changes an address. What narrows the list begins it anew: a place of another list leads nowhere. */
export function narrowed(address: URLSearchParams, changes: Readonly<Record<string, string>>): URLSearchParams {
  const next = new URLSearchParams(address);
  for (const name of ['before', 'after']) next.delete(name);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

export interface Narrowing {
  readonly address: URLSearchParams;
  /** What stands in the address; empty when nothing does. */
  readonly get: (name: string) => string;
  readonly set: (changes: Readonly<Record<string, string>>) => void;
}

export function useNarrowing(): Narrowing {
  const [address, setAddress] = useSearchParams();
  const get = useCallback((name: string) => address.get(name) ?? '', [address]);
  const set = useCallback(
    (changes: Readonly<Record<string, string>>) => setAddress((before) => narrowed(before, changes), { replace: true }),
    [setAddress],
  );
  return { address, get, set };
}
