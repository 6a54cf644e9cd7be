// The normalised cache: what has an id is one object, wherever it is read. Areas add their own updates.
import { type CacheExchangeOpts, cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { Exchange } from '@urql/core';

/** Objects without an id belong to what they were read from. */
const PARTS = [
  'AuthTokens',
  'MessageEdit',
  'QueueFigure',
  'ReactionGroup',
  'RoomActivity',
  'RoomEventPage',
  'RoomViewerState',
  'ServerFigures',
  'ServerInfo',
  'Setting',
  'UploadHeader',
  'UserError',
];

/** Lists of which pages are joined into one. Messages are not: the message pane keeps its own window of them. */
const lists: CacheExchangeOpts['resolvers'] = {
  Query: {
    auditLog: relayPagination(),
    rooms: relayPagination(),
    sessions: relayPagination(),
    uploads: relayPagination(),
    users: relayPagination(),
  },
  Room: { members: relayPagination() },
};

export function makeCache(updates: CacheExchangeOpts['updates'] = {}): Exchange {
  return cacheExchange({
    keys: Object.fromEntries(PARTS.map((name) => [name, () => null])),
    resolvers: lists,
    updates,
  });
}
