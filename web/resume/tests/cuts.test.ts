// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANY_WAIT, pass } from './server';
import { Story, upTo } from './story';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a cut', () => {
  it('is followed by all that was missed, each message once and in order', async () => {
    const { server, seqs, ...story } = await followed();
    server.post(2);
    server.socket.cut();
    server.post(3);
    await pass(ANY_WAIT);
    server.post(1);
    expect(seqs).toEqual(upTo(6));
    expect(server.socket.subscriptions()[0]?.payload?.['variables']).toEqual({ roomId: 'r', after: 'c2' });
    expect(story.following.cursor).toBe('c6');
  });

  it('may come again and again', async () => {
    const { server, seqs } = await followed();
    for (let round = 0; round < 40; round += 1) {
      server.post(1);
      server.socket.cut();
      server.post(1);
      await pass(ANY_WAIT);
    }
    expect(seqs).toEqual(upTo(80));
    expect(server.readers).toBe(1);
  });

  it('in the middle of a replay goes on from the last message that was taken in', async () => {
    const { server, seqs } = await followed({ next: cutAfter(3) });
    server.socket.cut();
    server.post(5);
    await pass(ANY_WAIT);
    await pass(ANY_WAIT);
    expect(seqs).toEqual(upTo(5));

    /** Cuts the socket as soon as message `last` has come, with the rest of the replay still to be told. */
    function cutAfter(last: number) {
      return (seq: number) => {
        if (seq === last) server.socket.cut();
      };
    }
  });

  it('in the middle of a message loses and repeats nothing', async () => {
    const { server, seqs } = await followed();
    server.post(1);
    server.socket.tell('{"type":"next","id":"1","payload":{"data":{"messageAd');
    expect(server.socket.closed?.code).toBe(4499);
    server.post(2);
    await pass(ANY_WAIT);
    expect(seqs).toEqual(upTo(3));
  });

  it('before the acknowledgement is tried again', async () => {
    const story = new Story();
    story.server.holdsAck = true;
    await story.follow();
    story.server.socket.cut();
    story.server.holdsAck = false;
    await pass(1_000);
    story.server.post(1);
    expect(story.seqs).toEqual([1]);
  });

  it('is outlasted, however long the server is away', async () => {
    const { server, seqs, states } = await followed();
    server.post(1);
    server.isDown = true;
    server.socket.cut();
    await pass(24 * 3_600_000);
    expect(states.at(-1)).toBe('waiting');
    server.isDown = false;
    server.post(1);
    await pass(ANY_WAIT);
    expect(seqs).toEqual([1, 2]);
  });

  it('leaves a subscription without a cursor to begin as it began', async () => {
    const story = new Story();
    const query = 'subscription($room: ID!) { roomActivity(roomId: $room) { typing { username } } }';
    const sink = { next: vi.fn(), error: vi.fn(), complete: vi.fn() };
    story.live.subscribe({ query, variables: { room: 'r' } }, sink);
    await pass();
    const first = story.server.socket.subscriptions();
    story.server.socket.cut();
    await pass(ANY_WAIT);
    expect(story.server.sockets).toHaveLength(2);
    expect(story.server.socket.subscriptions()).toEqual(first);
    expect(sink.error).not.toHaveBeenCalled();
  });

  it('drops `last` once there is a cursor, which would leave out what is older', async () => {
    const story = new Story();
    await story.follow({}, { last: 20 });
    expect(story.server.socket.subscriptions()[0]?.payload?.['variables']).toEqual({ roomId: 'r', last: 20 });
    story.server.post(1);
    story.server.socket.cut();
    await pass(ANY_WAIT);
    const variables = story.server.socket.subscriptions()[0]?.payload?.['variables'];
    expect(variables).toEqual({ roomId: 'r', after: 'c1', last: null });
  });

  it('keeps `last` as long as nothing has come', async () => {
    const story = new Story();
    await story.follow({}, { after: 'c0', last: 20 });
    story.server.socket.cut();
    await pass(ANY_WAIT);
    expect(story.server.socket.subscriptions()[0]?.payload?.['variables']).toEqual({ roomId: 'r', after: 'c0', last: 20 });
  });
});

describe('what comes twice', () => {
  it('is dropped when the server begins too early', async () => {
    const { server, seqs, ...story } = await followed();
    server.post(5);
    server.overlap = 3;
    server.socket.cut();
    server.post(1);
    await pass(ANY_WAIT);
    expect(seqs).toEqual(upTo(6));
    expect(story.following.cursor).toBe('c6');
  });

  it('is dropped when the server repeats an event, or goes back', async () => {
    const { server, seqs, ...story } = await followed();
    server.post(3);
    for (const seq of [3, 1, 2]) server.tellAll({ cursor: `c${seq}`, replayed: false, message: { seq } });
    server.tellAll({ cursor: 'another', replayed: false, message: { seq: 2 } });
    expect(seqs).toEqual(upTo(3));
    expect(story.following.cursor).toBe('c3');
  });

  it('of a socket that was given up is not listened to', async () => {
    const { server, seqs } = await followed();
    server.post(1);
    const old = server.socket;
    old.cut();
    await pass(ANY_WAIT);
    old.tell({ type: 'next', id: '1', payload: { data: { messageAdded: { cursor: 'c9', message: { seq: 9 } } } } });
    expect(seqs).toEqual([1]);
  });
});

/** A page that follows and is connected. `next` hears of each number after it was noted. */
async function followed({ next }: { next?: (seq: number) => void } = {}): Promise<Story> {
  const story = new Story();
  await story.follow({
    next({ data }) {
      const { seq } = data!.messageAdded.message;
      story.seqs.push(seq);
      next?.(seq);
    },
  });
  return story;
}
