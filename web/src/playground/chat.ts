// The session that the chat keeps on this browser. The playground may use it: then each request takes its token of the
// moment from there, renewed as the chat would renew it, and signing out there signs out here.
import { useEffect, useState } from 'react';
import { session as chat, useSession as useChatSession } from '../shared/session/account';
import { changeSession, readSession } from './session';

const PATH = '/graphql';

/** From now on the chat's token goes with each request. */
export async function takeChat(): Promise<void> {
  changeSession({ chat: true, token: '', username: '' });
  const token = await tokenNow().catch(() => '');
  const username = token === '' ? '' : await nameOf(token);
  if (readSession().chat) changeSession({ username });
}

/**
 * The token to send now; empty when signed out. `refused` is one that the server would not have: the chat's session then
 * brings another. Throws when the chat's session has to be renewed and the server cannot be reached.
 */
export async function tokenNow(refused?: string): Promise<string> {
  if (!readSession().chat) return readSession().token;
  const token = await chat.freshToken(refused);
  // Meanwhile another may have been written in the field.
  if (!readSession().chat) return readSession().token;
  if (token === null) changeSession({ chat: false, token: '', username: '' });
  else if (token !== readSession().token) changeSession({ token });
  return token ?? '';
}

/** Whose the chat's session is: empty while that is not known, null when there is none. */
export function useChatName(): string | null {
  const state = useChatSession();
  const userId = state.is === 'signedIn' ? state.userId : null;
  const [known, setKnown] = useState({ userId: '', name: '' });
  useEffect(() => {
    if (userId === null) return;
    let stale = false;
    void nameOfChat().then((name) => stale || setKnown({ userId, name }));
    return () => {
      stale = true;
    };
  }, [userId]);
  if (userId === null) return null;
  return known.userId === userId ? known.name : '';
}

/** Once on the page: what becomes of the chat's session becomes of this page's, while it is used here. */
export function followChat(): void {
  chat.onChange(() => {
    if (!readSession().chat) return;
    if (chat.state.is === 'signedOut') changeSession({ chat: false, token: '', username: '' });
    else void takeChat();
  });
  if (readSession().chat) void takeChat();
}

async function nameOfChat(): Promise<string> {
  const token = await chat.freshToken().catch(() => null);
  return token === null ? '' : nameOf(token);
}

async function nameOf(token: string): Promise<string> {
  try {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const answer = await fetch(PATH, { method: 'POST', headers, body: JSON.stringify({ query: '{ viewer { username } }' }) });
    const { data } = (await answer.json()) as { data?: { viewer: { username: string } | null } };
    return data?.viewer?.username ?? '';
  } catch {
    return '';
  }
}
