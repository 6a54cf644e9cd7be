// Through a long room as with a wheel: a few thousand messages up, and back to the end.
import assert from 'node:assert/strict';
import { until } from '../browser.mjs';
import { drawn } from './rows.mjs';

const FAR = 3_000;
const NOTCH_PX = 240;
const NOTCHES_MAX = 4_000;
/** So much of the wheel may be yet to come when the messages are looked at. */
const UNDER_WAY_PX = 4 * NOTCH_PX;
/** Rounding may take or give so much. */
const SLACK_PX = 2;
/** And sizes that turn out otherwise, where a page came in on the way. */
const PUSHED_PX = 2 * NOTCH_PX;

export async function scrollFar(page) {
  await page.getByRole('feed').hover();
  const seen = new Map();
  const end = (await look(page, seen)).inSight.at(-1).seq;
  await scroll(page, -NOTCH_PX, seen, ([first]) => first.seq <= end - FAR);
  await scroll(page, NOTCH_PX, seen, (inSight) => inSight.at(-1).seq === end);
  const seqs = [...seen.keys()].sort((one, other) => one - other);
  assert.equal(end - seqs[0] + 1, seqs.length, 'none was passed over');
  for (const [seq, text] of seen) assert.match(text, new RegExp(`^Said long ago, number ${seq}\\b`));
}

/**
 * Turns the wheel until `isThere` says so of what is in sight. What stays in sight moves as one, in the wheel's direction,
 * and not far more than the wheel was turned; what has just been drawn may take a look to find its place.
 */
async function scroll(page, by, seen, isThere) {
  let [earlier, before, left] = [[], await look(page, seen), 0];
  for (let turn = 0; !isThere(before.inSight); turn += 1) {
    assert.ok(turn < NOTCHES_MAX, 'the wheel gets there');
    await page.mouse.wheel(0, by);
    left = Math.min(left + Math.abs(by), UNDER_WAY_PX);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const now = await look(page, seen);
    const settled = new Map(before.inSight.filter(({ seq }) => earlier.includes(seq)).map(({ seq, top }) => [seq, top]));
    const moves = now.inSight.filter(({ seq }) => settled.has(seq)).map(({ seq, top }) => (settled.get(seq) - top) * Math.sign(by));
    const [least, most] = [Math.min(...moves), Math.max(...moves)];
    if (moves.length > 0) {
      const isSteady = least >= -SLACK_PX && most <= left + PUSHED_PX && most - least <= SLACK_PX;
      assert.ok(isSteady, `messages moved by ${least} to ${most} px, of ${left} that the wheel was turned`);
      left = Math.max(0, left - Math.max(0, least));
    } else {
      const [from, to] = [before, now].map(({ inSight }) => inSight[0].seq);
      assert.ok((to - from) * by >= 0, `from ${from} to ${to} is the wrong way`);
    }
    [earlier, before] = [before.seqs, now];
  }
}

/** On a busy machine the wheel can be ahead of what is drawn, for a moment. */
async function look(page, seen) {
  let [rows, inSight] = [[], []];
  await until('messages to be in sight', async () => {
    rows = await drawn(page);
    inSight = rows.filter((row) => row.isInSight);
    return inSight.length > 0;
  });
  for (const { seq, text } of inSight) seen.set(seq, text);
  return { seqs: rows.map(({ seq }) => seq), inSight };
}
