// What members of a group may do to each other. The server judges; this is for not offering what it refuses.
import type { MemberRole } from '../../shared/gql/chat/graphql';

/** The highest first. */
const RANKS: readonly MemberRole[] = ['OWNER', 'MODERATOR', 'MEMBER', 'READER'];

type Role = MemberRole | null;

export function mayInvite(own: Role): boolean {
  return own === 'OWNER' || own === 'MODERATOR';
}

/** Roles that one may give: one's own and those below. */
export function rolesGivenBy(own: Role): readonly MemberRole[] {
  return own && mayInvite(own) ? RANKS.slice(RANKS.indexOf(own)) : [];
}

/** Whether one may remove or change someone of that role: an owner anyone, a moderator those below. */
export function outranks(own: Role, theirs: MemberRole): boolean {
  return own === 'OWNER' || (own === 'MODERATOR' && RANKS.indexOf(theirs) > RANKS.indexOf(own));
}

export function mayEdit(own: Role, isOpen: boolean): boolean {
  return own === 'OWNER' || (own === 'MODERATOR' && !isOpen);
}
