// A search among messages as it stands in the address, and as the server takes it.
import type { MessageSearch } from '../../shared/gql/admin/graphql';

export interface Wanted {
  readonly text: string;
  readonly roomId: string;
  readonly senderId: string;
  /** Days as a date field writes them, both included: 2026-03-01. */
  readonly since: string;
  readonly until: string;
  readonly files: boolean;
}

export const NOTHING: Wanted = { text: '', roomId: '', senderId: '', since: '', until: '', files: false };

export function wantedIn(address: URLSearchParams): Wanted {
  const get = (name: string) => address.get(name) ?? '';
  return {
    text: get('q'),
    roomId: get('room'),
    senderId: get('sender'),
    since: dayOf(get('since')),
    until: dayOf(get('until')),
    files: get('files') === 'yes',
  };
}

export function addressOf(wanted: Wanted): Readonly<Record<string, string>> {
  return {
    q: wanted.text.trim(),
    room: wanted.roomId,
    sender: wanted.senderId,
    since: wanted.since,
    until: wanted.until,
    files: wanted.files ? 'yes' : '',
  };
}

/** Days begin where the person is. */
export function searchOf({ text, roomId, senderId, since, until, files }: Wanted): MessageSearch {
  return {
    text,
    everywhere: true,
    ...(roomId ? { roomId } : {}),
    ...(senderId ? { senderId } : {}),
    ...(since ? { since: midnight(since, 0) } : {}),
    ...(until ? { until: midnight(until, 1) } : {}),
    ...(files ? { hasAttachment: true } : {}),
  };
}

/** The beginning of that day, or of one after it. */
function midnight(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

function dayOf(text: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : '';
}

/** Runs of a text, those that the search found marked: beginnings of words, whatever their case. */
export function marked(text: string, search: string): readonly { readonly text: string; readonly hit: boolean }[] {
  const words = search.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  if (words.length === 0) return [{ text, hit: false }];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${words.join('|')})`, 'giu');
  // With one group, what is found stands at the odd places.
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, hit: index % 2 === 1 }))
    .filter((part) => part.text !== '');
}
