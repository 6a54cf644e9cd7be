// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANY_WAIT, pass } from './server';
import { Story, upTo } from './story';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a server that says nothing', () => {
  it('and does not answer a ping is given up, and found again', async () => {
    const story = new Story();
    await story.follow();
    story.server.post(1);
    story.server.isMute = true;
    await pass(25_000);
    expect(story.server.socket.said.at(-1)).toEqual({ type: 'ping' });
    expect(story.server.socket.closed).toBeNull();
    await pass(8_000);
    expect(story.server.socket.closed).toEqual({ code: 4499, reason: 'Dropped.' });
    story.server.isMute = false;
    story.server.post(2);
    await pass(ANY_WAIT);
    expect(story.seqs).toEqual(upTo(3));
  });

  it('but answers pings is kept', async () => {
    const story = new Story();
    await story.follow();
    await pass(3_600_000);
    expect(story.server.sockets).toHaveLength(1);
    const pings = story.server.socket.said.filter(({ type }) => type === 'ping').length;
    expect(pings).toBeGreaterThan(100);
  });

  it('but pings is answered, and not asked', async () => {
    const story = new Story();
    await story.follow();
    for (let n = 0; n < 10; n += 1) {
      await pass(20_000);
      story.server.socket.tell({ type: 'ping' });
    }
    const said = story.server.socket.said.map(({ type }) => type);
    expect(said.filter((type) => type === 'pong')).toHaveLength(10);
    expect(said).not.toContain('ping');
  });

  it('when a connection is made is given up after ten seconds', async () => {
    const story = new Story();
    story.server.isMute = true;
    await story.follow();
    await pass(9_999);
    expect(story.live.state.is).toBe('connecting');
    await pass(1);
    expect(story.live.state).toMatchObject({ is: 'waiting', reason: 'lost' });
    expect(story.server.socket.closed).not.toBeNull();
  });

  it('when it should acknowledge is given up as well', async () => {
    const story = new Story();
    story.server.holdsAck = true;
    await story.follow();
    await pass(10_000);
    expect(story.live.state.is).toBe('waiting');
    story.server.holdsAck = false;
    await pass(ANY_WAIT);
    story.server.post(1);
    expect(story.seqs).toEqual([1]);
  });
});

describe('after sleep', () => {
  it('a dead connection is found out at once', async () => {
    const story = new Story();
    await story.follow();
    story.server.isMute = true;
    await pass(5_000);
    story.wake.wake();
    await pass(4_000);
    expect(story.server.socket.closed).not.toBeNull();
    story.server.isMute = false;
    story.server.post(1);
    await pass(ANY_WAIT);
    expect(story.seqs).toEqual([1]);
  });

  it('a connection that lives is kept', async () => {
    const story = new Story();
    await story.follow();
    for (let n = 0; n < 5; n += 1) story.wake.wake();
    await pass(20_000);
    expect(story.server.sockets).toHaveLength(1);
  });

  it('a wait is over at once', async () => {
    const story = new Story();
    story.server.isDown = true;
    await story.follow();
    await pass(120_000);
    story.server.isDown = false;
    const before = story.server.sockets.length;
    story.wake.wake();
    await pass();
    expect(story.server.sockets).toHaveLength(before + 1);
    expect(story.live.state.is).toBe('catchingUp');
  });

  it('a connection under way is not disturbed', async () => {
    const story = new Story();
    story.server.holdsAck = true;
    await story.follow();
    story.wake.wake();
    await pass();
    expect(story.server.sockets).toHaveLength(1);
  });

  it('a device without network is said to have none', async () => {
    const story = new Story();
    await story.follow();
    story.wake.online = false;
    story.server.socket.cut();
    expect(story.live.state).toMatchObject({ is: 'waiting', reason: 'offline' });
  });
});

describe('what is no message', () => {
  it.each([
    ['no JSON', '}{'],
    ['no object', '[1]'],
    ['no type', '{"id":"1"}'],
    ['an unknown type', '{"type":"surprise"}'],
    ['a result without its operation', '{"type":"next","payload":{}}'],
    ['errors that are no list', '{"type":"error","id":"1","payload":{}}'],
  ])('%s ends the socket and not the subscription', async (_, text) => {
    const story = new Story();
    await story.follow();
    story.server.socket.tell(text);
    expect(story.server.socket.closed).not.toBeNull();
    await pass(ANY_WAIT);
    story.server.post(1);
    expect(story.seqs).toEqual([1]);
  });

  it('a result before the acknowledgement is one of them', async () => {
    const story = new Story();
    story.server.holdsAck = true;
    await story.follow();
    story.server.socket.tell({ type: 'next', id: '1', payload: { data: {} } });
    expect(story.server.socket.closed).not.toBeNull();
  });
});
