// How a room opens, and how what was said is found again.
import assert from 'node:assert/strict';
import { until } from '../browser.mjs';
import { say } from '../people.mjs';
import { idOf, readBy } from './scene.mjs';

export async function find({ step, amber, bruno, roomId }, a, b) {
  await step('opened-at-new', b, async () => {
    await b.page.goto(b.origin);
    await b.page.getByText('The corner table').first().waitFor();
    const texts = Array.from({ length: 60 }, (_, index) => `While you were out, ${index + 1}.`);
    for (const text of texts) await say(amber, roomId, text);
    await b.page.goto(`${b.origin}/rooms/${roomId}`);
    await b.page.getByText('New messages', { exact: true }).waitFor();
    await until('the first of them in sight', () => b.inSight(b.message('While you were out, 1.')));
  });

  await step('at-the-end', b, async () => {
    await b.page.getByRole('button', { name: /new messages$/ }).click();
    await until('the newest in sight', () => b.inSight(b.message('While you were out, 60.')));
    await until('all to be read', async () => (await readBy(bruno, roomId)).unreadCount === 0);
  });

  await step('paged', b, async () => {
    await b.page.getByRole('feed').hover();
    await until('the beginning', async () => {
      await b.page.mouse.wheel(0, -3_000);
      return b.page.getByText('The conversation begins here.').isVisible();
    });
    await b.page.getByText('Good evening, all of you.').first().waitFor();
  });

  await step('pressed-under-way', b, async () => {
    const under = await b.page.getByRole('feed').evaluate(whatIsPressed);
    assert.ok(under, 'what is pressed right after the list moved is a message');
  });

  await step('searched', b, async () => {
    await b.page.getByRole('button', { name: 'Search messages' }).click();
    await b.page.getByRole('searchbox', { name: 'Words to look for' }).fill('while out 33');
    await b.page.getByRole('button', { name: /While you were out, 33\./ }).waitFor();
  });

  await step('found', b, async () => {
    await b.page.getByRole('button', { name: /While you were out, 33\./ }).click();
    await until('what was found in sight', () => b.inSight(b.message('While you were out, 33.')));
  });

  await step('quoted', b, async () => {
    await b.page.getByRole('button', { name: 'To the newest message' }).click();
    await b.act('While you were out, 60.', 'Reply');
    await b.write('I am back.');
    const id = await idOf(bruno, roomId, 'A good one it is.');
    await b.page.goto(`${b.origin}/rooms/${roomId}?m=${encodeURIComponent(id)}`);
    await until('the message of the link in sight', () => b.inSight(b.message('A good one it is.')));
    await b.message('A good one it is.').getByRole('button', { name: /Good evening, all of you/ }).click();
    await until('what is quoted in sight', () => b.inSight(b.message('Good evening, all of you.').first()));
  });

  await step('dark', a, async () => {
    await a.page.emulateMedia({ colorScheme: 'dark' });
    await until('what was said last in sight', () => a.inSight(a.message('I am back.')));
  });
  await a.page.emulateMedia({ colorScheme: 'light' });
}

/** Whether there is a message to be pressed in the middle of the list while that still takes itself to be moving. */
function whatIsPressed(feed) {
  const { left, top, width, height } = feed.getBoundingClientRect();
  const isMessage = () => document.elementsFromPoint(left + width / 2, top + height / 2)[0].closest('[data-key]') !== null;
  return new Promise((resolve) => {
    const look = () => requestAnimationFrame(() => requestAnimationFrame(() => resolve(isMessage())));
    feed.addEventListener('scroll', look, { once: true });
    feed.scrollTop += 40;
  });
}
