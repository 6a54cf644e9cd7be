// The messages that a page has drawn of a room.
import assert from 'node:assert/strict';
import { until } from '../browser.mjs';

/** What is in sight and a little around it; never the room. */
const DRAWN_MAX = 120;

/** All that is drawn, in order: [seq, text, where it begins, whether it is in sight]. */
export async function drawn(page) {
  const rows = await page.evaluate(() => {
    const list = document.querySelector('[role=feed]').getBoundingClientRect();
    return [...document.querySelectorAll('[role=feed] article')].map((article) => {
      const { top, bottom } = article.getBoundingClientRect();
      const text = article.querySelector('[class*="_text_"] > [dir="auto"]')?.textContent ?? '';
      return { seq: Number(article.ariaPosInSet), text, top, isInSight: bottom > list.top && top < list.bottom };
    });
  });
  assert.ok(rows.length <= DRAWN_MAX, `${rows.length} messages are drawn`);
  assert.ok(isAscending(rows.map(({ seq }) => seq)), 'messages are in order');
  assert.ok(isAscending(rows.filter((row) => row.isInSight).map(({ top }) => top)), 'messages in sight stand below each other');
  return rows;
}

export async function isInSight(page, text) {
  return (await drawn(page)).some((row) => row.isInSight && text.test(row.text));
}

/** Turns the wheel until nothing more comes. */
export async function wheelToEnd(page) {
  const more = page.getByRole('button', { name: /newest message$|new messages?$/ });
  await page.getByRole('feed').hover();
  await until('the end of the room', async () => {
    await page.mouse.wheel(0, 3_000);
    return !(await more.isVisible());
  });
}

function isAscending(numbers) {
  return numbers.every((number, index) => index === 0 || numbers[index - 1] < number);
}
