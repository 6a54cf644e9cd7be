// A field whose text stands in the address, which answers later than one writes.
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NarrowText } from './Narrow';

const address = vi.hoisted(() => ({ q: '', told: [] as unknown[] }));
vi.mock('./place', () => ({
  useNarrowing: () => ({ get: () => address.q, set: (changes: unknown) => address.told.push(changes) }),
}));
vi.mock('react-i18next', () => ({ useTranslation: () => ({ t: (key: string) => key }) }));

let become: (q: string) => void;

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(address, { q: '', told: [] });
  const { rerender } = render(<NarrowText name="q" label="Search" />);
  become = (q) => {
    address.q = q;
    rerender(<NarrowText name="q" label="Search" />);
  };
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const field = () => screen.getByLabelText<HTMLInputElement>('Search');
const write = (value: string) => fireEvent.change(field(), { target: { value } });
const pause = () => act(() => vi.advanceTimersByTime(300));

it('tells the address what was written, after a pause', () => {
  write('sec');
  write('secret');
  expect(address.told).toEqual([]);
  pause();
  expect(address.told).toEqual([{ q: 'secret' }]);
});

it('keeps what was written while the address took its time', () => {
  write('secret');
  pause();
  write('bcrypt');
  become('secret');
  expect(field().value).toBe('bcrypt');
  pause();
  expect(address.told).toEqual([{ q: 'secret' }, { q: 'bcrypt' }]);
});

it('keeps it, however many answers are due', () => {
  write('secret');
  pause();
  write('bcrypt');
  pause();
  become('secret');
  expect(field().value).toBe('bcrypt');
  become('bcrypt');
  expect(field().value).toBe('bcrypt');
});

it('takes back what the address has not answered yet', () => {
  write('secret');
  pause();
  write('');
  pause();
  become('secret');
  become('');
  expect(address.told).toEqual([{ q: 'secret' }, { q: '' }]);
  expect(field().value).toBe('');
});

it('follows the address where something else has changed it', () => {
  write('secret');
  pause();
  become('secret');
  become('cost');
  expect(field().value).toBe('cost');
  become('secret');
  expect(field().value, 'and back to what was written here once').toBe('secret');
  pause();
  expect(address.told).toEqual([{ q: 'secret' }]);
});
