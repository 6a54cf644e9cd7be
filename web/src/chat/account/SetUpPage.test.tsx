// The set-up link, opened by who is signed in and by who is not.
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { MemoryRouter, Route, Routes } from 'react-router';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SessionState } from '../../shared/session/session';
import chat from '../../shared/i18n/en/chat';
import SetUpPage from './SetUpPage';

const account = vi.hoisted(() => ({ state: { is: 'signedOut', by: 'nobody' } as SessionState, signOut: vi.fn(), begin: vi.fn() }));
vi.mock('../../shared/session/account', () => ({ session: account, tokensFrom: vi.fn(), useSession: () => account.state }));
vi.mock('../../shared/api/ApiProvider', () => ({ useApi: () => ({ client: {} }) }));
vi.mock('../../shared/api/act', () => ({ act: () => Promise.resolve({ ok: true, payload: { user: { id: 'ada' }, tokens: {} } }) }));
vi.mock('./viewer', () => ({ useViewer: () => ({ displayName: 'Amber Reyes' }) }));

beforeEach(async () => {
  await i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { chat } }, ns: ['chat'] });
});

afterEach(cleanup);

function open() {
  const page = () => (
    <MemoryRouter initialEntries={['/setup/abc']}>
      <Routes>
        <Route path="/setup/:code" element={<SetUpPage />} />
        <Route path="/" element={<p>The chat</p>} />
      </Routes>
    </MemoryRouter>
  );
  const { rerender } = render(page());
  return (state: SessionState) => {
    account.state = state;
    rerender(page());
  };
}

it('tells who is signed in as whom they are, and lets them sign out and go on', async () => {
  account.state = { is: 'signedIn', userId: 'u1' };
  const become = open();
  screen.getByText('You are signed in as Amber Reyes.');
  expect(screen.queryByLabelText('Username')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Sign out and go on' }));
  expect(account.signOut).toHaveBeenCalledOnce();
  become({ is: 'signedOut', by: 'self' });
  screen.getByLabelText('Username');
});

it('lets them stay as they are', async () => {
  account.state = { is: 'signedIn', userId: 'u1' };
  open();
  await userEvent.click(screen.getByRole('button', { name: 'Stay signed in' }));
  screen.getByText('The chat');
});

it('makes the administrator and says no more, although it is drawn anew for them', async () => {
  account.state = { is: 'signedOut', by: 'nobody' };
  account.begin.mockImplementation((_tokens, userId: string) => {
    account.state = { is: 'signedIn', userId };
    cleanup();
    open();
  });
  open();
  for (const [label, text] of Object.entries({ Username: 'ada', 'E-mail address': 'ada@example.org', Password: 'a quiet corner' })) {
    await userEvent.type(screen.getByLabelText(label), text);
  }
  await userEvent.click(screen.getByRole('button', { name: 'Make the administrator' }));
  await vi.waitFor(() => expect(account.begin).toHaveBeenCalledOnce());
  // The desk is another page, to which the browser is on its way.
  expect(screen.queryByLabelText('Username')).toBeNull();
  expect(screen.queryByRole('button', { name: 'Sign out and go on' })).toBeNull();
});
