// Small rules of the list of rooms and of what stands around it.
import { describe, expect, it } from 'vitest';
import { above, neighbour } from '../shell/shortcuts';
import { tabTitle } from '../shell/title';
import type { InboxRoom } from './arrivals';
import { mayEdit, outranks, rolesGivenBy } from './roles';
import { matching } from './search';

const found = (wanted: string, ...names: string[]) => matching(names, wanted, (name) => name);

describe('searching rooms', () => {
  it('knows no case and no accents', () => {
    expect(found('cafe', 'Tea', 'El Café', 'CAFÉ central')).toEqual(['CAFÉ central', 'El Café']);
  });

  it('wants all words, in any order', () => {
    expect(found('club book', 'Book club', 'Book', 'Club of books')).toEqual(['Club of books', 'Book club']);
  });

  it('gives all where nothing is wanted, in their order', () => {
    expect(found('  ', 'b', 'a')).toEqual(['b', 'a']);
  });
});

describe('the room before or after', () => {
  const rooms = [
    ['a', 0],
    ['b', 2],
    ['c', 0],
    ['d', 1],
  ].map(([id, unreadCount]) => ({ id, viewerState: { unreadCount } }) as unknown as InboxRoom);

  it.each([
    ['a', 1, 'b'],
    ['b', -1, 'a'],
    ['d', 1, undefined],
    [undefined, 1, 'a'],
    [undefined, -1, 'd'],
  ] as const)('%s, by %i, is %s', (open, step, expected) => {
    expect(neighbour(rooms, open, step)).toBe(expected);
  });

  it.each([
    ['a', 1, 'b'],
    ['b', 1, 'd'],
    ['d', 1, 'b'],
    ['a', -1, 'd'],
    ['c', -1, 'b'],
    [undefined, 1, 'b'],
    [undefined, -1, 'd'],
  ] as const)('with something unread, from %s by %i, is %s', (open, step, expected) => {
    expect(neighbour(rooms, open, step, true)).toBe(expected);
  });

  it('with something unread is none where all is read', () => {
    expect(neighbour(rooms.filter(({ id }) => id === 'a' || id === 'c'), 'a', 1, true)).toBeUndefined();
    expect(neighbour([], undefined, 1, true)).toBeUndefined();
  });
});

it('Escape leads out of details to the room, and out of pages to the list', () => {
  expect(above('/rooms/x/details')).toBe('/rooms/x');
  expect(above('/rooms/x')).toBeNull();
  expect(above('/settings/profile')).toBe('/');
});

it('the tab says what is unread and where one is', () => {
  expect(tabTitle('', 0)).toBe('Tertulia');
  expect(tabTitle('Tea at five', 0)).toBe('Tea at five · Tertulia');
  expect(tabTitle('Tea at five', 3)).toBe('(3) Tea at five · Tertulia');
  expect(tabTitle('', 1_200)).toBe('(99+) Tertulia');
});

describe('roles', () => {
  it('owners act on anyone, moderators on those below, others on nobody', () => {
    expect((['OWNER', 'MODERATOR', 'MEMBER', 'READER'] as const).map((own) => outranks(own, 'MODERATOR'))).toEqual([true, false, false, false]);
    expect(outranks('MODERATOR', 'MEMBER')).toBe(true);
    expect(outranks(null, 'READER')).toBe(false);
  });

  it('are given up to one’s own', () => {
    expect(rolesGivenBy('OWNER')[0]).toBe('OWNER');
    expect(rolesGivenBy('MODERATOR')).toEqual(['MODERATOR', 'MEMBER', 'READER']);
    expect(rolesGivenBy('MEMBER')).toEqual([]);
  });

  it('let a moderator change a group, and not an open one', () => {
    expect(mayEdit('MODERATOR', false)).toBe(true);
    expect(mayEdit('MODERATOR', true)).toBe(false);
    expect(mayEdit('OWNER', true)).toBe(true);
  });
});
