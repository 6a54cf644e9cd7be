// Many messages arrive in a room that is looked at, as fast as people cannot read them.
import assert from 'node:assert/strict';
import { until } from '../browser.mjs';
import { mutate } from '../people.mjs';
import { drawn, isInSight } from './rows.mjs';

const PER_SECOND = 50;
const SECONDS = 10;

export async function arrive(page, { base, speaker, roomId }) {
  const said = await sayAll(base, speaker, roomId);
  const newest = Math.max(...said.keys());
  await until('the last of them', async () => (await drawn(page)).some(({ seq, isInSight }) => seq === newest && isInSight));
  await compare(page, said);
  await page.getByRole('button', { name: /newest message$|new messages?$/ }).click();
  await until('the last of them again', () => isInSight(page, new RegExp(`^${said.get(newest)}$`)));
}

/** Gives what was said, by the places that the server gave it. */
async function sayAll(base, speaker, roomId) {
  const begun = Date.now();
  const sends = Array.from({ length: PER_SECOND * SECONDS }, async (_, index) => {
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
