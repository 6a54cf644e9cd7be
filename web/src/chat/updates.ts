// What the chat's subscriptions and mutations do to the cache beyond the objects they carry.
import type { Cache, CacheExchangeOpts } from '@urql/exchange-graphcache';

interface Event {
  readonly __typename?: string;
  readonly roomId?: string | null;
  readonly messageId?: string;
  readonly room?: unknown;
}

export const updates: CacheExchangeOpts['updates'] = {
  Subscription: {
    inboxEvents: ({ inboxEvents }, _variables, cache) => follow(cache, inboxEvents as Event),
    roomEvents: ({ roomEvents }, _variables, cache) => follow(cache, roomEvents as Event),
  },
  Mutation: {
    leaveRoom: ({ leaveRoom }, _variables, cache) => forget(cache, (leaveRoom as { leftRoomId?: string | null }).leftRoomId),
    deleteRoom: ({ deleteRoom }, _variables, cache) => forget(cache, (deleteRoom as { deletedRoomId?: string | null }).deletedRoomId),
  },
};

function follow(cache: Cache, event: Event): void {
  if (!event.roomId) return;
  const room = { __typename: 'Room', id: event.roomId };
  switch (event.__typename) {
    case 'RoomChanged':
      if (!event.room) forget(cache, event.roomId);
      break;
    case 'MemberChanged':
      // Whoever shows the members reads them anew.
      for (const { fieldName, arguments: given } of cache.inspectFields(room)) {
        if (fieldName === 'members' || fieldName === 'memberCount') cache.invalidate(room, fieldName, given ?? undefined);
      }
      break;
  }
}

/** A room that one no longer sees is gone from wherever it was shown. */
function forget(cache: Cache, roomId: string | null | undefined): void {
  if (roomId) cache.invalidate({ __typename: 'Room', id: roomId });
}
