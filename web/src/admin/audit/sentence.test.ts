import { describe, expect, it } from 'vitest';
import manual from '../../../../docs/admin.md?raw';
import en from '../../shared/i18n/en/admin';
import es from '../../shared/i18n/es/admin';
import { ACTIONS, known, pieces } from './sentence';

function said(texts: typeof en.audit.said | typeof es.audit.said, action: string): unknown {
  return action.split('.').reduce<unknown>((found, part) => (found as Record<string, unknown> | undefined)?.[part], texts);
}

describe('a sentence', () => {
  it('is cut where names go', () => {
    expect(pieces('<actor/> gave <target/> another role.')).toEqual([
      { name: 'actor' },
      { text: ' gave ' },
      { name: 'target' },
      { text: ' another role.' },
    ]);
  });

  it('without names is one piece, whatever brackets it has', () => {
    expect(pieces('1 < 2 <b>')).toEqual([{ text: '1 < 2 <b>' }]);
  });
});

describe.each([
  ['English', en.audit.said],
  ['Spanish', es.audit.said],
])('in %s', (_language, texts) => {
  it.each(ACTIONS)('%s has a sentence that says who did it', (action) => {
    expect(pieces(String(said(texts, action)))).toContainEqual({ name: 'actor' });
  });
});

it('has all actions that docs/admin.md tells of', () => {
  const told = [...manual.matchAll(/^\| `([a-z]+\.[a-z_]+)` \|/gm)].map(([, action]) => action);
  expect(told.length).toBeGreaterThan(0);
  expect([...ACTIONS]).toEqual(told);
});

it('an action of a newer server is not taken for one of ours', () => {
  expect(known('room.delete')).toBe('room.delete');
  expect(known('room.paint')).toBeUndefined();
});
