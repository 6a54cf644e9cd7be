// What the audit log's actions are, and how an entry becomes a sentence.
//
// A sentence of the languages' files has marks such as <actor/> in it, where a page puts names that lead somewhere.

/** In the order of docs/admin.md. */
export const ACTIONS = [
  'server.set_up',
  'user.create',
  'user.update',
  'user.delete',
  'user.disable',
  'user.enable',
  'user.password_reset',
  'user.admin_on',
  'user.admin_off',
  'session.end',
  'room.update',
  'room.delete',
  'room.archive',
  'room.unarchive',
  'member.role',
  'member.remove',
  'message.delete',
  'message.search',
] as const;

export type Action = (typeof ACTIONS)[number];

/** Undefined for an action that this page has not heard of. */
export function known(action: string): Action | undefined {
  return ACTIONS.find((each) => each === action);
}

/** A run of text, or the place of a name. */
export type Piece = { readonly text: string } | { readonly name: string };

export function pieces(sentence: string): readonly Piece[] {
  return sentence
    .split(/(<\w+\/>)/)
    .filter(Boolean)
    .map((part) => {
      const name = /^<(\w+)\/>$/.exec(part)?.[1];
      return name === undefined ? { text: part } : { name };
    });
}
