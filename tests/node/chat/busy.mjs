// Many messages arrive in a room that is looked at, as fast as people cannot read them.
import assert from 'node:assert/strict';
import { until } from '../browser.mjs';
import { mutate } from '../people.mjs';
import { drawn, wheelToEnd } from './rows.mjs';

const PER_SECOND = 50;
const SECONDS = 10;
/** Rounding may take or give so much. */
const SLACK_PX = 2;

export async function arrive(page, { base, speaker, roomId }) {
  await wheelToEnd(page);
  const said = await sayAll(base, speaker, roomId, SECONDS);
  const newest = Math.max(...said.keys());
  await until('the last of them', async () => (await drawn(page)).some(({ seq, isInSight }) => seq === newest && isInSight));
  await compare(page, said);
}

/** While messages arrive the reader goes up a little, and is left alone there. */
export async function readOn(page, { base, speaker, roomId }) {
  await wheelToEnd(page);
  const newest = async () => (await drawn(page)).at(-1).seq;
  const before = await newest();
  const saying = sayAll(base, speaker, roomId, 6);
  let isOver = false;
  void saying.finally(() => {
    isOver = true;
  });
  await until('some to arrive', async () => (await newest()) > before + PER_SECOND / 2);
  await page.getByRole('feed').hover();
  await page.mouse.wheel(0, -600);
  await page.getByRole('button', { name: /newest message$|new messages?$/ }).waitFor();
  let place = (await drawn(page)).find((row) => row.isInSight);
  await until('the wheel to stand still', async () => {
    const [was, rows] = [place, await drawn(page)];
    place = rows.find((row) => row.isInSight);
    return was.seq === place.seq && was.top === place.top;
  });
  assert.ok(!isOver, 'messages still arrive');
  while (!isOver) {
    const row = (await drawn(page)).find(({ seq }) => seq === place.seq);
    assert.ok(Math.abs(row.top - place.top) <= SLACK_PX, `the reader was moved by ${row.top - place.top} px`);
  }
  await saying;
}

/** Gives what was said, by the places that the server gave it. */
async function sayAll(base, speaker, roomId, seconds) {
  const begun = Date.now();
  const sends = Array.from({ length: PER_SECOND * seconds }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, begun + (index * 1_000) / PER_SECOND - Date.now()));
    const text = `Said now, number ${index + 1}.`;
    const { message } = await mutate(base, speaker, 'sendMessage', { roomId, text }, 'message { seq }');
    return [message.seq, text];
  });
  return new Map(await Promise.all(sends));
}

/** Goes back through all of it, and holds it against what was said. */
async function compare(page, said) {
  await page.getByRole('feed').hover();
  const [first, last] = [Math.min(...said.keys()), Math.max(...said.keys())];
  const seen = new Map();
  await until('all of them to have passed', async () => {
    for (const { seq, text } of await drawn(page)) {
      if (seq < first || seq > last) continue;
      assert.equal(text, said.get(seq), `the message at ${seq}`);
      seen.set(seq, text);
    }
    await page.mouse.wheel(0, -480);
    return seen.has(first);
  });
  assert.equal(seen.size, said.size, 'each is there');
}
