// How long things may take, and how long to wait after what did not work.
import type { Timing } from './types';

export const TIMING: Timing = {
  connect: 10_000,
  token: 30_000,
  // The server pings every 20 seconds.
  quiet: 25_000,
  pong: 8_000,
  probe: 4_000,
  stable: 10_000,
  backoffFirst: 1_000,
  backoffMax: 30_000,
  settle: 1_000,
  linger: 2_000,
};

/** The longest wait that a server may ask for, so that a slip of its hand does not silence a client. */
const HINT_MAX = 300_000;

/** The wait before the try after `attempt` failures. It is spread, so that those who were cut together come back one by one. */
export function backoff(attempt: number, hint: number | null, timing: Timing, random: () => number): number {
  const ceiling = Math.min(timing.backoffMax, timing.backoffFirst * 2 ** attempt);
  if (hint !== null) return Math.min(hint, HINT_MAX) + random() * ceiling;
  return ceiling / 4 + random() * ((3 * ceiling) / 4);
}
