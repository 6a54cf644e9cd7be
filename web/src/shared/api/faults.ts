// What went wrong, in one shape, whether the server refused an input, failed, or could not be reached; and what to say.
import type { CombinedError } from '@urql/core';
import type { TFunction } from 'i18next';

export interface Fault {
  /** A code of the schema, or `NETWORK` when no answer came. New ones may appear. */
  readonly code: string;
  /** The server's sentence, in the person's language; empty for `NETWORK`. */
  readonly message: string;
  /** The input at fault, such as `username`; null when none is. */
  readonly field: string | null;
  readonly retryAfterMs: number | null;
  /** What the server's log has it under. */
  readonly requestId: string | null;
}

/** An error as it stands at the top of an answer. */
export interface GraphQLFault {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

interface UserError {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

/** Faults with a sentence of ours, since the server's does not say what a person at this page can do. */
const OURS = ['NETWORK', 'UNAVAILABLE', 'INTERNAL', 'RATE_LIMITED', 'UNAUTHENTICATED', 'TOKEN_EXPIRED', 'QUERY_TOO_COMPLEX', 'DOCUMENT_NOT_TRUSTED', 'CURSOR_INVALID', 'CURSOR_EXPIRED'] as const;
type Ours = (typeof OURS)[number];

export function faultsOf(error: CombinedError): Fault[] {
  if (error.graphQLErrors.length === 0) return [networkFault()];
  return error.graphQLErrors.map(faultOf);
}

export function faultOf({ message, extensions = {} }: GraphQLFault): Fault {
  const { code, retryAfterMs, requestId } = extensions;
  return {
    code: typeof code === 'string' ? code : 'INTERNAL',
    message,
    field: null,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
    requestId: typeof requestId === 'string' ? requestId : null,
  };
}

export function faultOfInput({ code, message, path }: UserError): Fault {
  return { code, message, field: path.findLast((part) => part !== 'input' && !/^\d+$/.test(part)) ?? null, retryAfterMs: null, requestId: null };
}

export function networkFault(): Fault {
  return { code: 'NETWORK', message: '', field: null, retryAfterMs: null, requestId: null };
}

/** Whether trying the same again can help. */
export function mayPass({ code }: Fault): boolean {
  return ['NETWORK', 'UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'].includes(code);
}

export function sentence(fault: Fault, t: TFunction<'common'>): string {
  const ours = OURS.find((code) => code === fault.code);
  if (!ours) return fault.message || t('fault.INTERNAL', { requestId: fault.requestId ?? '–' });
  return ourSentence(ours, fault, t);
}

function ourSentence(code: Ours, fault: Fault, t: TFunction<'common'>): string {
  switch (code) {
    case 'RATE_LIMITED':
      return t('fault.RATE_LIMITED', { count: Math.max(1, Math.ceil((fault.retryAfterMs ?? 1_000) / 1_000)) });
    case 'INTERNAL':
      return t('fault.INTERNAL', { requestId: fault.requestId ?? '–' });
    default:
      return t(`fault.${code}`);
  }
}
