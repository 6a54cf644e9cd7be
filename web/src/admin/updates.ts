// What the desk's mutations make stale. A changed user or room is changed wherever it is shown, by its id; a list in which
// something came, went or moved is read again.
import type { Cache, UpdateResolver, UpdatesConfig } from '@urql/exchange-graphcache';

export const updates: Partial<UpdatesConfig> = {
  Mutation: {
    addMembers: stale('members'),
    archiveRoom: stale('rooms'),
    createUser: stale('users'),
    // What was found stays: to search again would be written down again.
    deleteMessage: stale(),
    deleteRoom: stale('rooms'),
    endSession: stale('sessions'),
    removeMember: stale('members'),
    resetPassword: stale('sessions'),
    setAdministrator: stale('users'),
    setUserDisabled: stale('users', 'sessions'),
    updateProfile: stale('users'),
    updateRoom: stale('rooms'),
  },
};

/** Whatever was done, the audit log and what it stood in are no longer as they were. */
function stale(...fields: readonly string[]): UpdateResolver {
  return (_result, { input }, cache) => {
    drop(cache, 'Query', [...fields, 'auditLog']);
    const { userId, roomId } = input as { userId?: string; roomId?: string };
    if (userId) drop(cache, { __typename: 'User', id: userId }, fields);
    if (roomId) drop(cache, { __typename: 'Room', id: roomId }, fields);
  };
}

function drop(cache: Cache, entity: Parameters<Cache['inspectFields']>[0], fields: readonly string[]): void {
  for (const { fieldName, arguments: args } of cache.inspectFields(entity)) {
    if (fields.includes(fieldName)) cache.invalidate(entity, fieldName, args);
  }
}
