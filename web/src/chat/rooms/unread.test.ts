// Which message a room is left unread from, and what the server is asked for it.
import type { Client } from '@urql/core';
import { describe, expect, it } from 'vitest';
import { lastOfOthers, markRead, markUnread } from './unread';

const said = (seq: number, sender: string | null, deletedAt: string | null = null) => ({
  id: `m${seq}`,
  seq,
  deletedAt,
  sender: sender === null ? null : { id: sender },
});

describe('the last message of others', () => {
  it('is not one of the reader, nor a deleted one', () => {
    expect(lastOfOthers([said(1, 'boris'), said(2, 'boris'), said(3, 'boris', '2026-01-01T00:00:00Z'), said(4, 'amber')], 'amber')).toBe(2);
  });

  it('may be of an account that is gone', () => {
    expect(lastOfOthers([said(1, 'boris'), said(2, null)], 'amber')).toBe(2);
  });

  it('is none where one has only spoken to oneself', () => {
    expect(lastOfOthers([said(1, 'amber')], 'amber')).toBeNull();
    expect(lastOfOthers([], 'amber')).toBeNull();
  });
});

describe('marking', () => {
  const marked: unknown[] = [];
  const client = (nodes: ReturnType<typeof said>[]) => {
    marked.length = 0;
    const answer = (data: unknown) => ({ toPromise: () => Promise.resolve({ data }) });
    return {
      query: () => answer({ room: { id: 'r1', messages: { nodes } } }),
      mutation: (_document: unknown, { input }: { input: unknown }) => {
        marked.push(input);
        return answer({ markRead: { room: { id: 'r1' }, errors: [] } });
      },
    } as unknown as Client;
  };

  it('as unread goes back to just before what another said', async () => {
    const outcome = await markUnread(client([said(6, 'boris'), said(7, 'amber')]), 'r1', 'amber');
    expect(outcome).toMatchObject({ ok: true });
    expect(marked).toEqual([{ roomId: 'r1', seq: 5, force: true }]);
  });

  it('as unread changes nothing where nobody else has spoken', async () => {
    expect(await markUnread(client([said(7, 'amber')]), 'r1', 'amber')).toBe('nothing');
    expect(marked).toEqual([]);
  });

  it('as read goes to the newest message, and never back', async () => {
    const lastMessage = { id: 'm9', seq: 9, text: '', createdAt: '', deletedAt: null, sender: null, attachments: [] };
    await markRead(client([]), { id: 'r1', lastMessage });
    expect(marked).toEqual([{ roomId: 'r1', seq: 9 }]);
  });
});
