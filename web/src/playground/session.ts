// What the playground remembers between requests: the access token, whose it is, and the room made and the message sent last.
// It lives in sessionStorage, so a reload keeps it and closing the browser tab forgets it.
import { useSyncExternalStore } from 'react';

export interface Session {
  /** Sent as `Authorization: Bearer …`; empty when signed out. */
  readonly token: string;
  /** Empty when not known, as after pasting a token. */
  readonly username: string;
  /** Whether the token is that of the chat's session, of which only this is kept. */
  readonly chat: boolean;
  /** Stands in for "$lastRoomId" in variables; empty until a room was made. */
  readonly lastRoomId: string;
  /** Stands in for "$lastMessageId"; empty until a message was sent to that room. */
  readonly lastMessageId: string;
  /** Stands in for "$lastSeq", that message's number; 0 as long. */
  readonly lastSeq: number;
}

const STORAGE_KEY = 'tertulia.session';
const EMPTY: Session = { token: '', username: '', chat: false, lastRoomId: '', lastMessageId: '', lastSeq: 0 };

let current = load();
const listeners = new Set<() => void>();

export function readSession(): Session {
  return current;
}

export function changeSession(change: Partial<Session>): void {
  current = { ...current, ...change };
  try {
    const kept = current.chat ? { ...current, token: '' } : current;
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(kept));
  } catch {
    // A browser that refuses storage still works until the page is reloaded.
  }
  for (const listener of listeners) listener();
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, readSession);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function load(): Session {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? '{}');
    return { ...EMPTY, ...(stored as Partial<Session>) };
  } catch {
    return EMPTY;
  }
}

/** Reads a response for anything worth remembering. */
export function learnFrom(data: unknown): void {
  if (!isRecord(data)) return;
  for (const value of Object.values(data)) {
    if (!isRecord(value)) continue;
    const token = isRecord(value.tokens) ? value.tokens.accessToken : undefined;
    if (typeof token !== 'string') continue;
    // A refreshed token is the same person's; a fresh sign-in says whose it is, if `user` was selected.
    const username = isRecord(value.user) ? value.user.username : undefined;
    changeSession({ token, chat: false, ...(typeof username === 'string' ? { username } : {}) });
  }
  if (isRecord(data.viewer) && typeof data.viewer.username === 'string') {
    changeSession({ username: data.viewer.username });
  }
  if (isRecord(data.createRoom) && isRecord(data.createRoom.room)) {
    const { id } = data.createRoom.room;
    if (typeof id === 'string') changeSession({ lastRoomId: id, lastMessageId: '', lastSeq: 0 });
  }
  if (isRecord(data.sendMessage) && isRecord(data.sendMessage.message)) {
    const { id, seq } = data.sendMessage.message;
    if (typeof id === 'string') changeSession({ lastMessageId: id });
    if (typeof seq === 'number') changeSession({ lastSeq: seq });
  }
  // Whether it was the chat's session is for the chat to find out.
  if (loggedOut(data) && !current.chat) changeSession({ token: '', username: '' });
}

export function loggedOut(data: unknown): boolean {
  return isRecord(data) && isRecord(data.logout) && data.logout.loggedOut === true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
