// The normalised cache: what has an id is one object, wherever it is read. Areas add their own updates.
import { type CacheExchangeOpts, cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { Exchange } from '@urql/core';
import { possibleTypes } from '../gql/possibleTypes';

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

/**
 * Lists of which pages are joined into one. Messages are not, since the message pane keeps its own window of them, nor
 * are rooms and members: what has left such a list would stay in it.
 */
const LISTS: CacheExchangeOpts['resolvers'] = { Query: { users: relayPagination() } };

export function makeCache(updates: CacheExchangeOpts['updates'] = {}, lists: CacheExchangeOpts['resolvers'] = LISTS): Exchange {
  return cacheExchange({
    keys: Object.fromEntries(PARTS.map((name) => [name, () => null])),
    possibleTypes,
    // An event that lacks the fields of other events is as it should be.
    logger: (severity, message) => /Inline Fragment on/.test(message) || console[severity](message),
    resolvers: lists,
    updates,
  });
}
