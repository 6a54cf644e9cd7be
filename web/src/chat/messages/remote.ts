// The calls of one room's pane, with what may come of them in plain shapes.
import type { AnyVariables, Client, TypedDocumentNode } from '@urql/core';
import { stringifyDocument } from '@urql/core';
import { act } from '../../shared/api/act';
import { type Fault, faultsOf, networkFault } from '../../shared/api/faults';
import type { Following, Handlers, Live } from '@tertulia/resume';
import type { FollowRoomSubscription, OpenRoomQuery } from '../../shared/gql/chat/graphql';
import type { Message, Page, Person } from './message';
import * as ask from './operations';

export type Answered<T> = T | { readonly fault: Fault };

export interface Remote {
  open(roomId: string, count: number): Promise<Answered<{ readonly room: OpenRoomQuery['room'] }>>;
  older(roomId: string, before: string, count: number): Promise<Answered<{ readonly page: Page | null }>>;
  newer(roomId: string, after: string, count: number): Promise<Answered<{ readonly page: Page | null }>>;
  newest(roomId: string, count: number): Promise<Answered<{ readonly page: Page | null }>>;
  around(roomId: string, place: { messageId: string } | { seq: number }, count: number): Promise<Answered<{ readonly page: Page | null }>>;
  readMarks(roomId: string, count: number): Promise<readonly { person: Person; seq: number | null }[] | null>;
  /** Gives how far that is now; null when it could not be told. */
  markRead(roomId: string, seq: number): Promise<number | null>;
  edit(messageId: string, text: string): Promise<Changed>;
  remove(messageId: string): Promise<Changed>;
  react(messageId: string, emoji: string, on: boolean): Promise<Changed>;
  follow(roomId: string, after: string, handlers: FollowHandlers): Pick<Following, 'stop'>;
}

export type Changed = { readonly message: Message | null } | { readonly faults: readonly Fault[] };

export type FollowHandlers = Omit<Handlers<FollowRoomSubscription>, 'next'> & { next(data: FollowRoomSubscription): void };

/** `direct` keeps nothing of what it reads: the pane does that itself. `client` keeps what other parts of the page show. */
export function remoteOver(direct: Client, client: Client, live: Live): Remote {
  async function query<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Answered<{ readonly data: Data }>> {
    const { data, error } = await direct.query(document, variables).toPromise();
    if (error) return { fault: faultsOf(error)[0] ?? networkFault() };
    return data ? { data } : { fault: networkFault() };
  }

  async function change<Data, Variables extends AnyVariables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Changed> {
    const outcome = await act(direct, document, variables);
    return outcome.ok ? { message: (outcome.payload as { message: Message | null }).message } : outcome;
  }

  return {
    async open(roomId, count) {
      const answer = await query(ask.OpenRoom, { roomId, count });
      return 'fault' in answer ? answer : { room: answer.data.room };
    },
    async older(roomId, before, count) {
      const answer = await query(ask.Older, { roomId, before, count });
      return 'fault' in answer ? answer : { page: answer.data.room?.messages ?? null };
    },
    async newer(roomId, after, count) {
      const answer = await query(ask.Newer, { roomId, after, count });
      return 'fault' in answer ? answer : { page: answer.data.room?.messages ?? null };
    },
    async newest(roomId, count) {
      const answer = await query(ask.Newest, { roomId, count });
      return 'fault' in answer ? answer : { page: answer.data.room?.messages ?? null };
    },
    async around(roomId, place, count) {
      const answer = await query(ask.Around, { roomId, ...place, count });
      return 'fault' in answer ? answer : { page: answer.data.room?.messagesAround ?? null };
    },
    async readMarks(roomId, first) {
      const answer = await query(ask.ReadMarks, { roomId, first });
      if ('fault' in answer) return null;
      return answer.data.room?.members.edges.map(({ node, lastReadSeq }) => ({ person: node, seq: lastReadSeq ?? null })) ?? null;
    },
    async markRead(roomId, seq) {
      const outcome = await act(client, ask.MarkRead, { input: { roomId, seq } });
      return outcome.ok ? (outcome.payload.room?.viewerState?.lastReadSeq ?? null) : null;
    },
    edit: (messageId, text) => change(ask.EditMessage, { input: { messageId, text } }),
    remove: (messageId) => change(ask.DeleteMessage, { input: { messageId } }),
    react: (messageId, emoji, on) => change(ask.ReactTo, { input: { messageId, emoji, on } }),
    follow(roomId, after, { next, ...handlers }) {
      return live.follow<FollowRoomSubscription>(
        { query: stringifyDocument(ask.FollowRoom), operationName: 'FollowRoom', variables: { roomId, after } },
        {
          ...handlers,
          next: ({ data }) => {
            if (data) next(data);
          },
        },
      );
    },
  };
}
