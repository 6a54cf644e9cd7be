// What is said about the connection, and when nothing is.
import { act, cleanup, render, screen } from '@testing-library/react';
import type { State } from '@tertulia/resume';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import chat from '../../shared/i18n/en/chat';
import { ConnectionBar } from './ConnectionBar';

const live = vi.hoisted(() => ({ state: { is: 'idle' } as unknown, retry: vi.fn() }));
vi.mock('../../shared/api/ApiProvider', () => ({ useApi: () => ({ live }), useLiveState: () => live.state }));

let redraw: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  await i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { chat } }, ns: ['chat'] });
  live.state = { is: 'idle' };
  live.retry.mockClear();
  const { rerender } = render(<ConnectionBar />);
  redraw = () => rerender(<ConnectionBar />);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function become(state: State): void {
  live.state = state;
  redraw();
}

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));
const said = () => screen.getByRole('status').textContent;
const lost = (inMs: number): State => ({ is: 'waiting', reason: 'lost', message: '', retryAt: Date.now() + inMs });

it('says nothing while connecting takes no time, and nothing while it works', () => {
  become({ is: 'connecting' });
  pass(1_000);
  become({ is: 'catchingUp', backlog: 3 });
  pass(200);
  become({ is: 'live' });
  pass(10_000);
  expect(said()).toBe('');
});

it('says that it is connecting once that takes long', () => {
  become({ is: 'connecting' });
  pass(1_600);
  expect(said()).toBe(chat.connection.now);
});

it('counts down to the next try, and tries at once when told to', () => {
  become(lost(3_000));
  expect(said()).toContain('The connection was lost.Trying again in 3 seconds.');
  pass(2_000);
  expect(said()).toContain('in a second.');
  screen.getByRole('button', { name: 'Try now' }).click();
  expect(live.retry).toHaveBeenCalledTimes(1);
});

it('tells what is caught up with, that one is back, and then falls silent', () => {
  become(lost(1_000));
  become({ is: 'connecting' });
  expect(said()).toBe(chat.connection.now);
  become({ is: 'catchingUp', backlog: 12 });
  expect(said()).toBe('Catching up with 12 changes…');
  become({ is: 'live' });
  expect(said()).toBe(chat.connection.caughtUp);
  pass(3_100);
  expect(said()).toBe('');
});

it('counts no time without a network', () => {
  become({ is: 'waiting', reason: 'offline', message: '', retryAt: Date.now() + 60_000 });
  expect(said()).toContain(chat.connection.offline);
  expect(said()).not.toContain('seconds');
});

it('says when it is over, and not when one signs out', () => {
  become({ is: 'ended', code: 'CLIENT_FAULT', message: 'The server did not understand this page.' });
  expect(said()).toContain('The server did not understand this page. Reload the page.');
  become({ is: 'ended', code: 'UNAUTHENTICATED', message: 'Signed out.' });
  expect(said()).toBe('');
});
