// One page that follows one room of a server that misbehaves.
import { connectLive, type Following, type Handlers, type Live, type LiveOptions, type State } from '../src';
import { FakeServer, FakeWake, MESSAGES, pass, Tokens, type Added } from './server';

export class Story {
  readonly server = new FakeServer();
  readonly wake = new FakeWake();
  readonly tokens = new Tokens();
  readonly seqs: number[] = [];
  readonly states: State['is'][] = [];
  readonly ended: string[] = [];
  readonly reported: unknown[] = [];
  readonly live: Live;
  following!: Following;

  constructor(options: Partial<LiveOptions> = {}) {
    this.live = connectLive({
      url: 'http://server.example/graphql',
      token: this.tokens.give,
      webSocket: this.server.webSocket,
      wake: this.wake,
      random: () => 1,
      report: (error) => this.reported.push(error),
      ...options,
    });
  }

  /** Follows from the newest message on, and lets it connect. */
  async follow(handlers: Partial<Handlers<Added>> = {}, variables: object = { after: 'c0' }): Promise<void> {
    this.following = this.live.follow<Added>(
      { query: MESSAGES, variables: { roomId: 'r', ...variables } },
      {
        next: ({ data }) => data && this.seqs.push(data.messageAdded.message.seq),
        state: ({ is }) => this.states.push(is),
        ended: ({ code }) => this.ended.push(code),
        ...handlers,
      },
    );
    await pass();
  }
}

export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
