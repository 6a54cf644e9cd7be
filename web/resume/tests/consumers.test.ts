// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectLive, type State } from '../src';
import { added, ANY_WAIT, MESSAGES, pass } from './server';
import { Story, upTo } from './story';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a consumer that throws', () => {
  it('is reported, and does no harm to what comes after', async () => {
    const story = new Story();
    const seqs: number[] = [];
    await story.follow({
      next({ data }) {
        const { seq } = data!.messageAdded.message;
        if (seq === 2) throw new Error('the page stumbles');
        seqs.push(seq);
      },
    });
    story.server.post(3);
    story.server.socket.cut();
    story.server.post(1);
    await pass(ANY_WAIT);
    expect(seqs).toEqual([1, 3, 4]);
    expect(story.reported).toEqual([new Error('the page stumbles')]);
    expect(story.server.sockets).toHaveLength(2);
  });

  it('in its other handlers is reported, too', async () => {
    const fail = () => {
      throw new Error('the page stumbles');
    };
    const story = new Story();
    story.live.onState(fail);
    await story.follow({ state: fail, ended: fail });
    story.server.post(1);
    story.live.close();
    expect(story.seqs).toEqual([1]);
    expect(story.reported.length).toBeGreaterThan(3);
    expect(story.live.state.is).toBe('ended');
  });
});

describe('states', () => {
  it('go from connecting over catching up to live', async () => {
    const story = new Story();
    story.server.post(2);
    await story.follow();
    expect(story.states).toEqual(['catchingUp']);
    await pass(999);
    expect(story.live.state.is).toBe('catchingUp');
    await pass(1);
    expect([story.live.state.is, story.states]).toEqual(['live', ['catchingUp', 'live']]);
  });

  it('are live with the first message that was not replayed', async () => {
    const story = new Story();
    await story.follow();
    story.server.post(1);
    expect(story.live.state.is).toBe('live');
  });

  it('say how much is to come, where the server does, and are live when it says so', async () => {
    const story = new Story();
    await story.follow();
    story.server.tellAll({ __typename: 'SubscriptionStarted', cursor: 'c0', replayed: true, backlog: 2 });
    expect(story.live.state).toEqual({ is: 'catchingUp', backlog: 2 });
    story.server.tellAll({ ...added(1, true), __typename: 'MessageAdded' });
    await pass(60_000);
    expect(story.live.state).toEqual({ is: 'catchingUp', backlog: 2 });
    story.server.tellAll({ __typename: 'CaughtUp', cursor: 'c1', replayed: false });
    expect(story.live.state).toEqual({ is: 'live' });
    expect(story.following.cursor).toBe('c1');
  });

  it('are those of the subscription that is furthest behind', async () => {
    const story = new Story();
    await story.follow();
    story.server.post(1);
    story.server.errors.push({ message: 'no', extensions: { code: 'UNAVAILABLE' } });
    const second = story.live.follow({ query: MESSAGES, variables: {} }, { next: () => {} });
    await pass();
    expect(second.state.is).toBe('waiting');
    expect(story.live.state).toBe(second.state);
    second.stop();
    expect(story.live.state.is).toBe('live');
  });

  it('are told to listeners until they leave, once for each change', async () => {
    const story = new Story();
    const seen: State[] = [];
    const leave = story.live.onState(() => seen.push(story.live.state));
    await story.follow();
    story.server.post(3);
    expect(seen.map(({ is }) => is)).toEqual(['connecting', 'catchingUp', 'live']);
    leave();
    story.server.socket.cut();
    expect(seen).toHaveLength(3);
  });

  it('keep their object while nothing changes, as useSyncExternalStore wants it', async () => {
    const story = new Story();
    await story.follow();
    story.server.post(1);
    const before = story.live.state;
    story.server.post(1);
    expect(story.live.state).toBe(before);
  });
});

describe('marks', () => {
  it('reach the consumer although their cursor was told before', async () => {
    const story = new Story();
    const marks: unknown[] = [];
    await story.follow({ next: ({ data }) => marks.push((data?.messageAdded as { __typename?: string }).__typename) });
    story.server.tellAll({ ...added(1, true), __typename: 'MessageAdded' });
    story.server.tellAll({ __typename: 'CaughtUp', cursor: 'c1', replayed: false });
    expect(marks).toEqual(['MessageAdded', 'CaughtUp']);
  });

  it('of an earlier place do not lead back there', async () => {
    const story = new Story();
    await story.follow();
    story.server.post(3);
    story.server.tellAll({ __typename: 'CaughtUp', cursor: 'c1', replayed: false });
    expect(story.following.cursor).toBe('c3');
  });
});

describe('a stored document', () => {
  it('resumes where its variables have a place for the cursor', async () => {
    const story = new Story();
    const next = vi.fn();
    story.live.follow({ documentId: 'Follow', variables: { roomId: 'r', after: null } }, { next });
    await pass();
    story.server.post(1);
    story.server.socket.cut();
    await pass(ANY_WAIT);
    const expected = { documentId: 'Follow', variables: { roomId: 'r', after: 'c1' } };
    expect(story.server.socket.subscriptions().map(({ payload }) => payload)).toEqual([expected]);
  });

  it('begins as it began where they have none', async () => {
    const story = new Story();
    story.live.follow({ documentId: 'Activity', variables: { roomId: 'r' } }, { next: () => {} });
    await pass();
    const first = story.server.socket.subscriptions();
    story.server.post(1);
    story.server.socket.cut();
    await pass(ANY_WAIT);
    expect(story.server.socket.subscriptions()).toEqual(first);
  });
});

describe('events of all rooms', () => {
  const INBOX = 'subscription($after: String) { inboxEvents(after: $after) { cursor } }';

  it('are all told, although a cursor comes back with the set of rooms', async () => {
    const story = new Story();
    const cursors: unknown[] = [];
    story.live.follow<{ inboxEvents: { cursor: string } }>(
      { query: INBOX },
      { next: ({ data }) => cursors.push(data?.inboxEvents.cursor) },
    );
    await pass();
    for (const cursor of ['a5', 'a5 b1', 'a5']) {
      story.server.socket.tell({ type: 'next', id: '1', payload: { data: { inboxEvents: { cursor } } } });
    }
    expect(cursors).toEqual(['a5', 'a5 b1', 'a5']);
  });

  it('are dropped where they come twice in a row, or go back within a room', async () => {
    const story = new Story();
    const seen: unknown[] = [];
    story.live.follow<{ inboxEvents: { cursor: string } }>(
      { query: INBOX },
      { next: ({ data }) => seen.push(data?.inboxEvents.cursor) },
    );
    await pass();
    const tell = (cursor: string, roomId: string, seq: number, type = 'MessageAdded') => {
      const inboxEvents = { __typename: type, cursor, roomId, message: { seq } };
      story.server.socket.tell({ type: 'next', id: '1', payload: { data: { inboxEvents } } });
    };
    tell('a5', 'a', 5);
    tell('a5', 'a', 5);
    tell('a5 b1', 'b', 1);
    tell('a4 b1', 'a', 4);
    tell('a6 b1', 'a', 3, 'MessageChanged');
    expect(seen).toEqual(['a5', 'a5 b1', 'a6 b1']);
  });
});

describe('results', () => {
  it('with errors are handed on, and move nothing without a cursor', async () => {
    const story = new Story();
    const next = vi.fn();
    await story.follow({ next });
    const payload = { data: null, errors: [{ message: 'no' }] };
    story.server.socket.tell({ type: 'next', id: '1', payload });
    expect(next).toHaveBeenCalledWith(payload, { cursor: null, replayed: false });
    expect(story.following.cursor).toBe('c0');
  });

  it('without a cursor end a subscription that should resume, and say what is missing', async () => {
    const story = new Story();
    await story.follow();
    story.server.tellAll({ message: { seq: 1 } });
    await pass();
    expect([story.ended, story.server.readers]).toEqual([['NO_CURSOR'], 0]);
  });

  it('are told with their cursor, and whether they were replayed', async () => {
    const story = new Story();
    const positions: unknown[] = [];
    story.server.post(1);
    await story.follow({ next: (_, position) => positions.push(position) });
    story.server.post(1);
    expect(positions).toEqual([
      { cursor: 'c1', replayed: true },
      { cursor: 'c2', replayed: false },
    ]);
  });
});

describe('the end', () => {
  it('by the server is told', async () => {
    const story = new Story();
    await story.follow();
    story.server.socket.tell({ type: 'complete', id: '1' });
    expect(story.ended).toEqual(['COMPLETE']);
    await pass(ANY_WAIT);
    expect(story.server.sockets).toHaveLength(1);
  });

  it('by stop is told to the server and to nobody else, and nothing comes after', async () => {
    const story = new Story();
    await story.follow();
    story.following.stop();
    await pass();
    story.server.post(1);
    expect(story.server.socket.said.at(-1)).toEqual({ type: 'complete', id: '1' });
    expect([story.seqs, story.ended, story.server.readers]).toEqual([[], [], 0]);
  });

  it('by a stop in a handler ends it there', async () => {
    const story = new Story();
    story.server.post(5);
    await story.follow({
      next({ data }) {
        story.seqs.push(data!.messageAdded.message.seq);
        if (story.seqs.length === 2) story.following.stop();
      },
    });
    expect(story.seqs).toEqual(upTo(2));
  });

  it('of the last subscription closes the socket a little later', async () => {
    const story = new Story();
    await story.follow();
    story.following.stop();
    await pass(1_999);
    expect(story.server.socket.closed).toBeNull();
    await pass(1);
    expect(story.server.socket.closed?.code).toBe(1000);
    expect([story.live.state.is, story.wake.watched]).toEqual(['idle', 0]);
  });

  it('is none where another subscription takes over the socket, as with React in strict mode', async () => {
    const story = new Story();
    await story.follow();
    story.following.stop();
    await story.follow();
    await pass(60_000);
    story.server.post(1);
    expect([story.server.sockets.length, story.seqs]).toEqual([1, [1]]);
  });

  it('before anything began opens nothing', async () => {
    const story = new Story();
    story.live.follow({ query: MESSAGES }, { next: () => {} }).stop();
    await pass(ANY_WAIT);
    expect(story.server.sockets).toHaveLength(0);
  });

  it('by close is for all and for good, and leaves no timer behind', async () => {
    const story = new Story();
    await story.follow();
    story.server.socket.tell({ type: 'ping', payload: { warning: 'TOKEN_EXPIRES' } });
    story.live.close();
    await pass();
    expect(story.ended).toEqual(['CLOSED']);
    expect(story.server.socket.closed?.code).toBe(1000);
    const late = vi.fn();
    story.live.follow({ query: MESSAGES }, { next: () => {}, ended: late });
    await pass();
    expect(late).toHaveBeenCalledWith(story.live.state);
    await pass(5_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('subscribe, as graphql-ws has it', () => {
  it('gives results, and completes when it is left', async () => {
    const { story, sink, leave } = await subscribed();
    story.server.post(1);
    expect(sink.next).toHaveBeenCalledWith({ data: { messageAdded: added(1, false) } });
    leave();
    leave();
    expect(sink.complete).toHaveBeenCalledOnce();
    expect(sink.error).not.toHaveBeenCalled();
  });

  it('fails with GraphQL errors, for good ones only', async () => {
    const { story, sink } = await subscribed();
    story.server.socket.cut(1012, 'The server restarts.');
    story.server.errors.push({ message: 'no', extensions: { code: 'NOT_A_MEMBER' } });
    expect(sink.error).not.toHaveBeenCalled();
    await pass(ANY_WAIT);
    expect(sink.error).toHaveBeenCalledWith([{ message: 'no', extensions: { code: 'NOT_A_MEMBER' } }]);
    expect(sink.complete).not.toHaveBeenCalled();
  });

  it('completes when the server ends it', async () => {
    const { story, sink } = await subscribed();
    story.server.socket.tell({ type: 'complete', id: '1' });
    expect(sink.complete).toHaveBeenCalledOnce();
  });

  async function subscribed() {
    const story = new Story();
    const sink = { next: vi.fn(), error: vi.fn(), complete: vi.fn() };
    const leave = story.live.subscribe({ query: MESSAGES, variables: { after: 'c0' } }, sink);
    await pass();
    return { story, sink, leave };
  }
});

describe('the address', () => {
  it.each(['ftp://a.example/', 'mailto:a@b.example'])('%s is refused where it is given', (url) => {
    expect(() => connectLive({ url, token: () => 't' })).toThrow('is no address of http, https, ws or wss');
  });
});
