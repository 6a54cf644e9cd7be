// The network goes away and comes back; messages fail and are tried again; tabs are hidden.
import assert from 'node:assert/strict';
import { until } from '../browser.mjs';
import { loseSends, refuseSends, sendAsBefore } from './gestures.mjs';
import { newestOf, readBy } from './scene.mjs';

/** Longer than it takes to tell what was read. */
const UNTIL_TOLD_MS = 1_500;

export async function travel({ step, bruno, roomId }, a, b) {
  await step('away', b, async () => {
    await b.goAway();
    for (const number of [1, 2, 3, 4, 5]) await a.write(`You miss this, ${number}.`);
    await a.message('You miss this, 5.').getByRole('img', { name: 'Sent' }).waitFor();
    await b.write('Written under way, 1.');
    await b.write('Written under way, 2.');
    await b.message('Written under way, 1.').getByRole('img', { name: /Waiting|Sending/ }).waitFor();
    assert.equal(await b.message('You miss this').count(), 0);
  });

  await step('back', b, async () => {
    await b.comeBack();
    for (const pane of [a, b]) {
      await pane.shows('Written under way, 2.');
      await pane.shows('You miss this, 5.');
    }
    await b.message('Written under way, 2.').getByRole('img', { name: 'Sent' }).waitFor();
    const wanted = [1, 2, 3, 4, 5].map((number) => `You miss this, ${number}.`).concat('Written under way, 1.', 'Written under way, 2.');
    for (const pane of [a, b]) assert.deepEqual((await pane.texts()).slice(-7), wanted);
  });

  await step('refused', b, async () => {
    await refuseSends(b);
    await b.write('This one is refused at first.');
    await b.page.getByText('The dog ate it.').waitFor();
  });

  await step('tried-again', a, async () => {
    await sendAsBefore(b);
    await b.page.getByRole('button', { name: 'Try again' }).click();
    await a.shows('This one is refused at first.');
    await b.message('This one is refused').getByRole('img', { name: 'Sent' }).waitFor();
    await b.shows('This one is refused at first.');
  });

  await step('reloaded', b, async () => {
    await loseSends(b);
    for (const text of ['Kept over a reload, 1.', 'Kept over a reload, 2.']) await b.write(text);
    await b.message('Kept over a reload, 2.').waitFor();
    await b.page.reload();
    await b.message('Kept over a reload, 2.').getByRole('img', { name: /Waiting|Sending/ }).waitFor();
    await sendAsBefore(b);
    await a.shows('Kept over a reload, 2.');
    await b.message('Kept over a reload, 2.').getByRole('img', { name: 'Sent' }).waitFor();
    for (const pane of [a, b]) assert.deepEqual((await pane.texts()).slice(-2), ['Kept over a reload, 1.', 'Kept over a reload, 2.']);
  });

  await step('hidden', b, async () => {
    // One's own messages are never unread, so that there are none does not tell that the page is done.
    const newest = await newestOf(bruno, roomId);
    await until('all to be read', async () => (await readBy(bruno, roomId)).lastReadSeq === newest);
    await b.hide(true);
    await a.write('Nobody looks at this.');
    await b.shows('Nobody looks at this.');
    await b.page.waitForTimeout(UNTIL_TOLD_MS);
    assert.deepEqual(await readBy(bruno, roomId), { lastReadSeq: newest, unreadCount: 1 });
    await b.page.getByText('New messages', { exact: true }).waitFor();
    await b.hide(false);
    await until('it to be read', async () => (await readBy(bruno, roomId)).unreadCount === 0);
  });
}
