// @vitest-environment node
import { CombinedError } from '@urql/core';
import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import en from '../i18n/en/common';
import es from '../i18n/es/common';
import { faultOfInput, faultsOf, mayPass, sentence } from './faults';

const t = i18next.getFixedT('en', 'common');

beforeAll(() => i18next.init({ lng: 'en', resources: { en: { common: en }, es: { common: es } }, ns: ['common'], defaultNS: 'common' }));

function failing(code: string | undefined, extensions: Record<string, unknown> = {}): CombinedError {
  return new CombinedError({ graphQLErrors: [{ message: 'What the server says.', extensions: { ...(code ? { code } : {}), ...extensions } }] });
}

describe('a fault', () => {
  it('of an input names its field, not the way to it', () => {
    const fault = (path: string[]) => faultOfInput({ code: 'EMPTY', message: 'Say something.', path }).field;
    expect(fault(['input', 'username'])).toBe('username');
    expect(fault(['input', 'memberIds', '3'])).toBe('memberIds');
    expect(fault(['input'])).toBeNull();
    expect(fault([])).toBeNull();
  });

  it('is of the network where no answer came', () => {
    expect(faultsOf(new CombinedError({ networkError: new TypeError('Failed to fetch') }))).toMatchObject([{ code: 'NETWORK' }]);
  });

  it('without a code is the server’s own', () => {
    expect(faultsOf(failing(undefined))).toMatchObject([{ code: 'INTERNAL', field: null }]);
  });

  it('may pass where waiting helps, and not where the input is wrong', () => {
    const codes = (code: string) => faultsOf(failing(code)).some(mayPass);
    expect(['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'].every(codes)).toBe(true);
    expect(['BAD_INPUT', 'FORBIDDEN', 'NOT_FOUND', 'A_NEW_ONE'].some(codes)).toBe(false);
  });
});

describe('the sentence of a fault', () => {
  const said = (code: string, extensions?: Record<string, unknown>) => faultsOf(failing(code, extensions)).map((fault) => sentence(fault, t))[0];

  it('is the server’s own for what it refuses, and for codes that are new', () => {
    for (const code of ['USERNAME_TAKEN', 'FORBIDDEN', 'ROOM_FULL', 'A_NEW_ONE']) expect(said(code)).toBe('What the server says.');
  });

  it('says how long to wait', () => {
    expect(said('RATE_LIMITED', { retryAfterMs: 800 })).toMatch(/in a second/);
    expect(said('RATE_LIMITED', { retryAfterMs: 12_300 })).toMatch(/in 13 seconds/);
    expect(said('RATE_LIMITED')).toMatch(/in a second/);
  });

  it('names the request that the operator finds in the log', () => {
    expect(said('INTERNAL', { requestId: 'req-7f3a' })).toMatch(/req-7f3a/);
  });

  it('says what to do for each of the server’s own faults, in both languages', () => {
    for (const code of ['UNAVAILABLE', 'UNAUTHENTICATED', 'TOKEN_EXPIRED', 'QUERY_TOO_COMPLEX', 'CURSOR_EXPIRED'] as const) {
      expect(said(code)).toBe(en.fault[code]);
      const [fault] = faultsOf(failing(code));
      expect(fault && sentence(fault, i18next.getFixedT('es', 'common'))).toBe(es.fault[code]);
    }
  });

  it('is there even where the server said nothing', () => {
    expect(sentence({ code: 'STRANGE', message: '', field: null, retryAfterMs: null, requestId: null }, t)).toMatch(/server made a mistake/);
  });
});
