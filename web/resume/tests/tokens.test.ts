// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RENEW_CONNECTION, type TokenRequest } from '../src';
import { ANY_WAIT, pass } from './server';
import { Story, upTo } from './story';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const WARNING = { type: 'ping', payload: { warning: 'TOKEN_EXPIRES', expiresAt: 'x', closesInMs: 55_000 } };

describe('a token that runs out', () => {
  it('is renewed on the open socket, and subscriptions go on', async () => {
    const story = new Story();
    await story.follow();
    story.server.socket.tell(WARNING);
    await pass();
    const { socket, sockets } = story.server;
    expect(socket.said.find(({ type }) => type === 'pong')).toBeDefined();
    expect(socket.said.at(-1)?.payload).toEqual({
      query: RENEW_CONNECTION,
      operationName: 'RenewConnection',
      variables: { input: { accessToken: 't2' } },
    });
    story.server.post(1);
    expect([sockets.length, story.seqs]).toEqual([1, [1]]);
  });

  it('is renewed each time', async () => {
    const story = new Story();
    await story.follow();
    for (let n = 0; n < 3; n += 1) {
      story.server.socket.tell(WARNING);
      await pass();
    }
    expect(renewals(story)).toEqual(['t2', 't3', 't4']);
    expect(story.tokens.asked.map(({ stale }) => stale)).toEqual([null, 't1', 't2', 't3']);
  });

  it('is asked for once, although the server warns twice', async () => {
    const story = new Story({ token: ({ reason }) => (reason === 'connect' ? 't1' : new Promise(() => {})) });
    await story.follow();
    story.server.socket.tell(WARNING);
    story.server.socket.tell(WARNING);
    await pass();
    expect(renewals(story)).toEqual([]);
  });

  it('is tried again while the socket is open, when the first try had no luck', async () => {
    const answers = [() => 't1', () => Promise.reject(new Error('no network')), () => 't1', () => 't2'];
    const story = new Story({ token: () => answers.shift()!() });
    await story.follow();
    story.server.socket.tell(WARNING);
    await pass();
    expect(renewals(story)).toEqual([]);
    await pass(ANY_WAIT);
    expect(renewals(story)).toEqual(['t2']);
  });

  it('is tried again when the server would not renew', async () => {
    const story = new Story();
    await story.follow();
    story.server.renewal = { data: null, errors: [{ message: 'no', extensions: { code: 'UNAVAILABLE' } }] };
    story.server.socket.tell(WARNING);
    await pass();
    story.server.renewal = { data: { renewConnection: { expiresAt: 'x', errors: [] } } };
    await pass(ANY_WAIT);
    await pass(ANY_WAIT);
    expect(renewals(story)).toEqual(['t2', 't3']);
  });

  it('and was not renewed brings the client back with a fresh one, at once', async () => {
    const story = new Story();
    await story.follow();
    story.server.post(1);
    await pass(60_000);
    story.server.socket.cut(4403, 'The token has expired.');
    story.server.post(1);
    await pass();
    expect(story.tokens.asked.at(-1)).toMatchObject({ reason: 'refused', stale: 't1' });
    expect(story.seqs).toEqual(upTo(2));
  });

  it('is renewed on the next socket, too, when a renewal was cut', async () => {
    const story = new Story();
    story.server.renewal = {};
    await story.follow();
    story.server.socket.tell(WARNING);
    story.server.socket.cut();
    await pass(ANY_WAIT);
    story.server.renewal = { data: { renewConnection: { expiresAt: 'x', errors: [] } } };
    story.server.socket.tell(WARNING);
    await pass();
    expect(renewals(story)).toHaveLength(1);
  });
});

describe('a token that is refused', () => {
  it('is replaced by the one that the app makes', async () => {
    const story = new Story();
    story.server.goodTokens = ['t2'];
    await story.follow();
    story.server.post(1);
    expect(story.seqs).toEqual([1]);
    expect(story.tokens.asked.map(({ reason, stale }) => [reason, stale])).toEqual([
      ['connect', null],
      ['refused', 't1'],
    ]);
  });

  it('ends everything when the app gives up', async () => {
    const story = new Story({ token: ({ reason }) => (reason === 'refused' ? null : 't1') });
    await story.follow();
    story.server.socket.cut(4403, 'The session is over.');
    await pass();
    expect(story.ended).toEqual(['UNAUTHENTICATED']);
    expect(story.live.state).toMatchObject({ is: 'ended', code: 'UNAUTHENTICATED' });
    await pass(ANY_WAIT);
    expect(story.server.sockets).toHaveLength(1);
    expect(story.wake.watched).toBe(0);
  });

  it('ends everything when the app has no other', async () => {
    const story = new Story({ token: () => 't1' });
    story.server.goodTokens = [];
    await story.follow();
    expect(story.ended).toEqual(['UNAUTHENTICATED']);
    expect(story.server.sockets).toHaveLength(1);
  });

  it('ends everything when each fresh one is refused as well', async () => {
    const story = new Story();
    story.server.goodTokens = [];
    await story.follow();
    await pass(ANY_WAIT);
    expect(story.ended).toEqual(['UNAUTHENTICATED']);
    expect(story.server.sockets).toHaveLength(3);
  });

  it('by an operation is replaced as well', async () => {
    const story = new Story();
    story.server.errors.push({ message: 'no', extensions: { code: 'TOKEN_EXPIRED' } });
    await story.follow();
    story.server.post(1);
    expect(story.tokens.asked.at(-1)).toMatchObject({ reason: 'refused', stale: 't1' });
    expect([story.server.sockets.length, story.seqs]).toEqual([2, [1]]);
    expect(story.server.sockets[0]?.closed).not.toBeNull();
  });

  it('again and again after it was accepted is no storm', async () => {
    const story = new Story();
    await story.follow();
    for (let second = 0; second < 60; second += 1) {
      if (!story.server.socket.closed) story.server.socket.cut(4403, 'The session is over.');
      await pass(1_000);
    }
    expect(story.server.sockets.length).toBeLessThan(10);
  });
});

describe('the app that is asked for a token', () => {
  it('may say at the start that there is none', async () => {
    const story = new Story({ token: () => null });
    await story.follow();
    expect(story.ended).toEqual(['UNAUTHENTICATED']);
    expect(story.server.sockets).toHaveLength(0);
  });

  it('may have no luck, and is asked again', async () => {
    const token = vi.fn(() => 't1').mockRejectedValueOnce(new Error('no network') as never);
    const story = new Story({ token });
    await story.follow();
    expect(story.live.state).toMatchObject({ is: 'waiting', reason: 'token', message: 'no network' });
    await pass(1_000);
    story.server.post(1);
    expect(story.seqs).toEqual([1]);
  });

  it('may throw, and is asked again', async () => {
    const token = vi.fn(() => 't1').mockImplementationOnce(() => {
      throw new Error('not yet');
    });
    const story = new Story({ token });
    await story.follow();
    await pass(1_000);
    expect(story.server.sockets).toHaveLength(1);
  });

  it('may hang, is told so, and is asked again', async () => {
    const asked: TokenRequest[] = [];
    const story = new Story({
      token(request) {
        asked.push(request);
        return asked.length === 1 ? new Promise(() => {}) : 't1';
      },
    });
    await story.follow();
    await pass(30_000);
    expect(asked[0]?.signal.aborted).toBe(true);
    await pass(1_000);
    expect(story.server.sockets).toHaveLength(1);
  });

  it('is told when nobody wants the answer any more', async () => {
    const asked: TokenRequest[] = [];
    const story = new Story({
      token(request) {
        asked.push(request);
        return new Promise(() => {});
      },
    });
    await story.follow();
    story.live.close();
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(story.ended).toEqual(['CLOSED']);
  });

  it('gives a token that goes into connection_init', async () => {
    const story = new Story();
    await story.follow();
    expect(story.server.socket.said[0]).toEqual({ type: 'connection_init', payload: { Authorization: 'Bearer t1' } });
  });
});

/** The tokens that were given to open sockets. */
function renewals({ server }: Story): unknown[] {
  const payloads = server.sockets.flatMap(({ said }) => said.map(({ payload }) => payload));
  const found = payloads.filter((payload) => payload?.['operationName'] === 'RenewConnection');
  return found.map((payload) => (payload?.['variables'] as { input: { accessToken: string } }).input.accessToken);
}
