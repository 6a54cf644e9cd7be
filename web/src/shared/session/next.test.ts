import { describe, expect, it } from 'vitest';
import { safeNext, signInPath } from './next';

const ORIGIN = 'https://chat.example.org';

describe('where to go after signing in', () => {
  it.each([
    '/',
    '/rooms/AQID',
    '/rooms/AQID/details?m=7#end',
    '/join/abc?x=//evil.example',
    '/admin',
    '/settings/profile',
  ])('%s is a path of ours', (path) => {
    expect(safeNext(path, ORIGIN)).toBe(path);
  });

  it.each([
    null,
    '',
    'rooms/1',
    'https://evil.example/',
    '//evil.example/',
    '///evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/rooms\\..\\x',
    '/sign-in?next=/sign-in',
    '/sign-up',
    '/./sign-in',
    '/%0d%0a/..//evil.example/../sign-in',
    '/..//evil.example',
    '/.//evil.example',
    '/rooms/..//evil.example',
  ])('%j leads home', (path) => {
    expect(safeNext(path, ORIGIN)).toBe('/');
  });

  it('never leaves the origin, whatever is written', () => {
    for (const path of ['/%2f/evil.example', '/%5cevil.example', '/@evil.example', '/:80@evil.example']) {
      expect(new URL(safeNext(path, ORIGIN), ORIGIN).origin).toBe(ORIGIN);
    }
  });

  it('is written into the address of the sign-in page, unless it is home', () => {
    expect(signInPath('/rooms/AQID?m=7')).toBe('/sign-in?next=%2Frooms%2FAQID%3Fm%3D7');
    expect(signInPath('/')).toBe('/sign-in');
  });
});
