// What the server's close codes and error codes ask of a client. docs/resume.md and docs/errors.md have the whole tables.
import type { GraphQLFault, WaitReason } from './types';

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** The code of a connection that ended without a word. */
export const ABNORMAL = 1006;
const FORBIDDEN = 4403;

/** What the client did wrong it would do wrong again. */
const CLIENT_FAULTS = new Set([1009, 4400, 4401, 4406, 4409, 4429]);

const WAITS = new Map<number, WaitReason>([
  [1011, 'fault'],
  [1012, 'restart'],
  [1013, 'busy'],
  [4500, 'fault'],
]);

export type CloseVerdict = { do: 'wait'; reason: WaitReason; hint: number | null } | { do: 'freshToken' } | { do: 'end' };

export function ofClose({ code, reason }: Closing): CloseVerdict {
  if (code === FORBIDDEN) return { do: 'freshToken' };
  if (CLIENT_FAULTS.has(code)) return { do: 'end' };
  return { do: 'wait', reason: WAITS.get(code) ?? 'lost', hint: hintIn(reason) };
}

/** A close frame has no place for a number but its reason. */
function hintIn(reason: string): number | null {
  const found = /\bretryAfterMs=(\d+)/.exec(reason);
  return found ? Number(found[1]) : null;
}

export type ErrorVerdict =
  | { do: 'wait'; reason: WaitReason; hint: number | null }
  | { do: 'freshToken' }
  | { do: 'reset' }
  | { do: 'end' };

/** A code that is unknown here is not mended by waiting. */
export function ofErrors(errors: readonly GraphQLFault[]): ErrorVerdict {
  switch (codeOf(errors)) {
    case 'TOKEN_EXPIRED':
    case 'UNAUTHENTICATED':
      return { do: 'freshToken' };
    case 'CURSOR_EXPIRED':
      return { do: 'reset' };
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
      return { do: 'wait', reason: 'busy', hint: retryAfter(errors) };
    case 'INTERNAL':
      return { do: 'wait', reason: 'fault', hint: retryAfter(errors) };
    default:
      return { do: 'end' };
  }
}

export function codeOf(errors: readonly GraphQLFault[]): string {
  const code = errors[0]?.extensions?.['code'];
  return typeof code === 'string' ? code : 'BAD_INPUT';
}

function retryAfter(errors: readonly GraphQLFault[]): number | null {
  const wait = errors[0]?.extensions?.['retryAfterMs'];
  return typeof wait === 'number' && wait >= 0 ? wait : null;
}
