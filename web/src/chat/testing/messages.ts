// Messages and people for tests.
import type { Message, Person } from '../messages/message';

export const amber: Person = { id: 'amber', username: 'amber', displayName: 'Amber Reyes', avatarUrl: null };
export const bruno: Person = { id: 'bruno', username: 'bruno', displayName: 'Bruno Díaz', avatarUrl: null };

export function aMessage(seq: number, more: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    seq,
    text: `message ${seq}`,
    createdAt: '2026-03-03T10:00:00.000Z',
    editedAt: null,
    deletedAt: null,
    clientMessageId: null,
    sender: bruno,
    attachments: [],
    replyTo: null,
    reactions: [],
    ...more,
  };
}
