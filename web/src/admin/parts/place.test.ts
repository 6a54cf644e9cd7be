// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { narrowed, placeIn } from './place';

const address = (text: string) => new URLSearchParams(text);

describe('a place in a list', () => {
  it('is the first page where the address says nothing', () => {
    expect(placeIn(address('q=tea'), 5)).toEqual({ first: 5 });
  });

  it('goes forward after a cursor, and back before one', () => {
    expect(placeIn(address('after=c1'), 5)).toEqual({ first: 5, after: 'c1' });
    expect(placeIn(address('before=c1'), 5)).toEqual({ last: 5, before: 'c1' });
  });
});

describe('narrowing', () => {
  it('begins the list anew and keeps what else narrows it', () => {
    expect(narrowed(address('q=tea&after=c9&kind=DUO'), { q: 'coffee' }).toString()).toBe('q=coffee&kind=DUO');
  });

  it('leaves out what is empty', () => {
    expect(narrowed(address('q=tea'), { q: '' }).toString()).toBe('');
  });

  it('goes from one place to another', () => {
    expect(narrowed(address('q=tea&after=c9'), { before: 'c5' }).toString()).toBe('q=tea&before=c5');
  });
});
