// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANY_WAIT, pass } from './server';
import { Story, upTo } from './story';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a close code', () => {
  it.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 4403, 4408, 4499, 4500, 4999])(
    '%i is followed by another connection, and by all that was missed',
    async (code) => {
      const story = new Story();
      await story.follow();
      story.server.post(1);
      story.server.socket.cut(code, 'why');
      story.server.post(2);
      await pass(ANY_WAIT);
      expect(story.seqs).toEqual(upTo(3));
      expect(story.ended).toEqual([]);
    },
  );

  it.each([1009, 4400, 4401, 4406, 4409, 4429])('%i ends it, for another try would do the same', async (code) => {
    const story = new Story();
    await story.follow();
    story.server.socket.cut(code, 'You did something wrong.');
    await pass(ANY_WAIT);
    expect(story.server.sockets).toHaveLength(1);
    expect(story.ended).toEqual(['CLIENT_FAULT']);
    expect(story.live.state).toMatchObject({ is: 'ended', message: expect.stringContaining('You did something wrong.') });
  });

  it.each([
    [1012, 'restart'],
    [1013, 'busy'],
    [4500, 'fault'],
    [1006, 'lost'],
  ])('%i is told as %s', async (code, reason) => {
    const story = new Story();
    await story.follow();
    story.server.socket.cut(code, '');
    expect(story.live.state).toMatchObject({ is: 'waiting', reason });
  });

  it('of a server that accepts and closes at once is not answered with a storm', async () => {
    const story = new Story();
    await story.follow();
    for (let minute = 0; minute < 10; minute += 1) {
      for (let second = 0; second < 60; second += 1) {
        if (!story.server.socket.closed) story.server.socket.cut(1013, 'Too many.');
        await pass(1_000);
      }
    }
    // 1 + 2 + 4 + 8 + 16 seconds, and then every 30.
    expect(story.server.sockets.length).toBeLessThan(30);
    expect(story.server.sockets.length).toBeGreaterThan(15);
  });
});

describe('waiting', () => {
  it('doubles up to half a minute, and begins anew after a connection that held', async () => {
    const story = new Story();
    story.server.isDown = true;
    await story.follow();
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) waits.push(await untilNextTry(story));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    story.server.isDown = false;
    await untilNextTry(story);
    await pass(10_000);
    story.server.socket.cut();
    expect(await untilNextTry(story)).toBe(1_000);
  });

  it('is spread by chance, so that not all come back at once', async () => {
    const waits: number[] = [];
    for (const chance of [0, 0.5, 1]) {
      const story = new Story({ random: () => chance });
      await story.follow();
      story.server.socket.cut();
      waits.push(await untilNextTry(story));
    }
    expect(waits).toEqual([250, 625, 1_000]);
  });

  it('is never shorter than the server asks for in its reason', async () => {
    const story = new Story({ random: () => 0 });
    await story.follow();
    story.server.socket.cut(1013, 'Come back later. retryAfterMs=7000');
    story.live.retry();
    story.wake.wake();
    await pass();
    expect(story.server.sockets).toHaveLength(1);
    expect(await untilNextTry(story)).toBe(7_000);
  });

  it('ends at once when somebody asks for a try', async () => {
    const story = new Story();
    story.server.isDown = true;
    await story.follow();
    story.server.isDown = false;
    story.live.retry();
    await pass();
    expect(story.live.state.is).toBe('catchingUp');
  });

  it('says until when', async () => {
    const story = new Story();
    await story.follow();
    story.server.socket.cut();
    expect(story.live.state).toEqual({
      is: 'waiting',
      reason: 'lost',
      message: 'The connection was lost (1006).',
      retryAt: Date.now() + 1_000,
    });
  });
});

describe('an error in place of a subscription', () => {
  it.each(['NOT_FOUND', 'NOT_A_MEMBER', 'FORBIDDEN', 'CURSOR_INVALID', 'BAD_INPUT', 'QUERY_TOO_COMPLEX', 'SOMETHING_NEW'])(
    '%s ends it',
    async (code) => {
      const story = new Story();
      story.server.errors.push(error(code));
      await story.follow();
      await pass(ANY_WAIT);
      expect(story.ended).toEqual([code]);
      expect(story.following.state).toMatchObject({ is: 'ended', code, message: 'no' });
      expect(story.server.socket.subscriptions()).toHaveLength(1);
    },
  );

  it.each(['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'])('%s is waited out', async (code) => {
    const story = new Story();
    story.server.errors.push(error(code), error(code));
    await story.follow();
    expect(story.live.state.is).toBe('waiting');
    await pass(ANY_WAIT);
    story.server.post(1);
    expect(story.seqs).toEqual([1]);
    expect(story.server.sockets).toHaveLength(1);
  });

  it('is waited out for as long as retryAfterMs says', async () => {
    const story = new Story({ random: () => 0 });
    story.server.errors.push({ message: 'no', extensions: { code: 'UNAVAILABLE', retryAfterMs: 5_000 } });
    await story.follow();
    await pass(4_999);
    expect(story.server.socket.subscriptions()).toHaveLength(1);
    await pass(1);
    expect(story.server.socket.subscriptions()).toHaveLength(2);
  });

  it('is waited out over a cut, too', async () => {
    const story = new Story();
    story.server.errors.push({ message: 'no', extensions: { code: 'UNAVAILABLE', retryAfterMs: 20_000 } });
    await story.follow();
    story.server.socket.cut();
    await pass(10_000);
    expect(story.server.socket.subscriptions()).toHaveLength(0);
    await pass(20_000);
    expect(story.server.socket.subscriptions()).toHaveLength(1);
    story.server.post(1);
    expect(story.seqs).toEqual([1]);
  });

  it('leaves other subscriptions alone', async () => {
    const story = new Story();
    await story.follow();
    story.server.errors.push(error('NOT_FOUND'));
    const lost = vi.fn();
    story.live.follow({ query: 'subscription { a(after: $after) { cursor } }' }, { next: () => {}, ended: lost });
    await pass();
    story.server.post(1);
    expect(lost).toHaveBeenCalledWith({ is: 'ended', code: 'NOT_FOUND', message: 'no' });
    expect(story.seqs).toEqual([1]);
  });

  it('without a code is of the client', async () => {
    const story = new Story();
    story.server.errors.push({ message: 'Syntax error.' });
    await story.follow();
    expect(story.ended).toEqual(['BAD_INPUT']);
  });
});

describe('CURSOR_EXPIRED', () => {
  it('has the app load everything, and goes on from there', async () => {
    const story = new Story();
    story.server.post(5);
    story.server.errors.push(error('CURSOR_EXPIRED'));
    const reset = vi.fn(async () => 'c3');
    await story.follow({ reset }, { after: 'of-another-database' });
    await pass();
    expect(reset).toHaveBeenCalledOnce();
    expect(story.seqs).toEqual([4, 5]);
  });

  it('forgets what was taken in, since numbers begin anew', async () => {
    const story = new Story();
    await story.follow({ reset: () => 'c0' });
    story.server.post(2);
    story.server.errors.push(error('CURSOR_EXPIRED'));
    story.server.socket.cut();
    await pass(ANY_WAIT);
    expect(story.seqs).toEqual([1, 2, 1, 2]);
  });

  it('asks the app once, although the connection is cut meanwhile', async () => {
    const story = new Story();
    story.server.errors.push(error('CURSOR_EXPIRED'));
    let answer: (cursor: string) => void = () => {};
    const reset = vi.fn(() => new Promise<string>((resolve) => (answer = resolve)));
    await story.follow({ reset });
    story.server.socket.cut();
    await pass(ANY_WAIT);
    expect(story.server.socket.subscriptions()).toHaveLength(0);
    answer('c0');
    await pass();
    story.server.post(1);
    expect(reset).toHaveBeenCalledOnce();
    expect(story.seqs).toEqual([1]);
  });

  it('asks again when the app could not', async () => {
    const story = new Story();
    story.server.errors.push(error('CURSOR_EXPIRED'), error('CURSOR_EXPIRED'));
    const reset = vi.fn(() => 'c0').mockRejectedValueOnce(new Error('no network') as never);
    await story.follow({ reset });
    expect(story.following.state).toMatchObject({ is: 'waiting' });
    await pass(ANY_WAIT);
    story.server.post(1);
    expect(reset).toHaveBeenCalledTimes(2);
    expect(story.seqs).toEqual([1]);
    expect(story.reported).toHaveLength(1);
  });

  it('ends it where the app has no answer', async () => {
    const story = new Story();
    story.server.errors.push(error('CURSOR_EXPIRED'));
    await story.follow();
    expect(story.ended).toEqual(['CURSOR_EXPIRED']);
  });
});

function error(code: string): object {
  return { message: 'no', extensions: { code } };
}

/** How long it takes until another socket is opened. */
async function untilNextTry({ server }: Story): Promise<number> {
  const [before, start] = [server.sockets.length, Date.now()];
  while (server.sockets.length === before) {
    vi.advanceTimersToNextTimer();
    await pass();
  }
  return Date.now() - start;
}
