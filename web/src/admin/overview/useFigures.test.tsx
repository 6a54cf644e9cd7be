// The figures are asked for over and over while somebody looks, one question at a time.
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useFigures } from './useFigures';

interface Asked {
  answer: (messages: number) => Promise<void>;
}

const asked = vi.hoisted(() => [] as Asked[]);
const client = vi.hoisted(() => ({
  query: () => ({
    toPromise: () =>
      new Promise((resolve) => {
        asked.push({
          answer: async (messages) => {
            const at = new Date(Date.UTC(2026, 0, 1) + asked.length * 1_000).toISOString();
            resolve({ data: { serverFigures: { at, startedAt: '2026-01-01T00:00:00Z', messages } } });
            await Promise.resolve();
          },
        });
      }),
  }),
}));
vi.mock('urql', () => ({ useClient: () => client }));

let isVisible = true;

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  isVisible = true;
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => (isVisible ? 'visible' : 'hidden'));
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const answer = (index: number, messages: number) => act(() => asked[index]?.answer(messages));
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const look = (visible: boolean) =>
  act(() => {
    isVisible = visible;
    document.dispatchEvent(new Event('visibilitychange'));
  });

it('asks again after each answer, and shows the newest', async () => {
  const { result } = renderHook(() => useFigures());
  await answer(0, 5);
  expect(result.current.samples.at(-1)?.messages).toBe(5);
  await pass(2_000);
  expect(asked).toHaveLength(2);
  await pass(60_000);
  expect(asked, 'the answer is waited for').toHaveLength(2);
  await answer(1, 17);
  expect(result.current.samples.at(-1)?.messages).toBe(17);
});

it('rests while nobody can see it', async () => {
  renderHook(() => useFigures());
  await answer(0, 5);
  look(false);
  await pass(60_000);
  expect(asked).toHaveLength(1);
  look(true);
  expect(asked).toHaveLength(2);
});

it('asks once at a time, however often one looks away while an answer is on its way', async () => {
  renderHook(() => useFigures());
  look(false);
  look(true);
  expect(asked).toHaveLength(2);
  await answer(0, 5);
  await answer(1, 6);
  await pass(2_000);
  expect(asked).toHaveLength(3);
});
