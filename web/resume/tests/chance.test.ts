// @vitest-environment node
// Hundreds of stories of a server that does by chance what the other tests have it do on purpose. A story that fails names
// its seed, and is told again by it.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ANY_WAIT, pass } from './server';
import { Story, upTo } from './story';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const STORIES = 200;
const STEPS = 60;

it('whatever a server does wrong, each message comes once and in order', async () => {
  for (let seed = 1; seed <= STORIES; seed += 1) {
    const random = chance(seed);
    const story = new Story({ random });
    await story.follow();
    let posted = 0;
    for (let step = 0; step < STEPS; step += 1) posted += await act(story, random);
    Object.assign(story.server, { isDown: false, isMute: false, holdsAck: false, refuses: null, goodTokens: null, overlap: 0 });
    // A silence is found out, a refusal waited out, and a connection made.
    for (let n = 0; n < 5; n += 1) await pass(ANY_WAIT);
    expect.soft([story.seqs, story.ended, story.live.state.is], `seed ${seed}`).toEqual([upTo(posted), [], 'live']);
    expect.soft(story.server.readers, `readers with seed ${seed}`).toBe(1);
    story.live.close();
  }
}, 60_000);

/** One thing that happens; gives how many messages were sent. */
async function act({ server, wake, live }: Story, random: () => number): Promise<number> {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const socket = server.socket.closed ? undefined : server.socket;
  const acts: (() => number | void)[] = [
    () => post(1),
    () => post(3),
    () => socket?.cut(pick([1000, 1006, 1011, 1012, 1013, 4403, 4408, 4500]), pick(['', 'retryAfterMs=500'])),
    () => socket?.tell(pick(['{"type":"next","id":"1","pay', '{"type":"pong"}', '{"type":"surprise"}', ''])),
    () => socket?.tell({ type: 'ping', payload: { warning: 'TOKEN_EXPIRES' } }),
    () => void (server.isDown = pick([true, false])),
    () => void (server.isMute = pick([true, false, false])),
    () => void (server.holdsAck = pick([true, false, false])),
    () => void (server.refuses = pick([null, null, { code: 1013, reason: 'Too many.' }])),
    () => void (server.overlap = pick([0, 2, 50])),
    () => void server.errors.push(error(pick(['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL', 'TOKEN_EXPIRED']))),
    () => void (wake.online = pick([true, false])),
    () => wake.wake(),
    () => live.retry(),
  ];
  const sent = pick(acts)() ?? 0;
  await pass(pick([0, 0, 10, 500, 4_000, ANY_WAIT]));
  return sent;

  function post(count: number): number {
    server.post(count);
    return count;
  }
}

function error(code: string): object {
  return { message: 'no', extensions: { code } };
}

/** Numbers between 0 and 1 that follow from the seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
