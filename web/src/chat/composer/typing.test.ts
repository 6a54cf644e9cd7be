import { describe, expect, it } from 'vitest';
import { TypingSignal } from './typing';

function signal(lasts: number | null = 6_000) {
  const told: boolean[] = [];
  const clock = { now: 0 };
  const tell = (on: boolean) => {
    told.push(on);
    return Promise.resolve(lasts);
  };
  return { told, clock, typing: new TypingSignal(tell, () => clock.now) };
}

describe('the typing signal', () => {
  it('is sent at the first key, and again only when it is about to run out', async () => {
    const { told, clock, typing } = signal(4_000);
    for (clock.now = 0; clock.now < 10_000; clock.now += 100) {
      typing.typed();
      await Promise.resolve();
    }
    expect(told).toEqual([true, true, true, true, true]);
  });

  it('does not believe a clock that is far off', async () => {
    for (const lasts of [-3_600_000, 3_600_000, null]) {
      const { told, clock, typing } = signal(lasts);
      typing.typed();
      await Promise.resolve();
      clock.now = 500;
      typing.typed();
      expect(told).toEqual([true]);
      clock.now = 3_000;
      typing.typed();
      expect(told).toEqual([true, true]);
    }
  });

  it('is taken back once, when nothing is left', () => {
    const { told, typing } = signal();
    typing.stopped();
    typing.typed();
    typing.stopped();
    typing.stopped();
    expect(told).toEqual([true, false]);
  });

  it('ends with what is sent, and begins anew after it', () => {
    const { told, typing } = signal();
    typing.typed();
    typing.sent();
    typing.stopped();
    expect(told).toEqual([true]);
    typing.typed();
    expect(told).toEqual([true, true]);
  });
});
