// Opens a long room in a browser: what it loads, how it scrolls, and how it stands fifty messages a second. What the page
// is busy with is looked at all the time.
//
//   node chat-speed.mjs http://HOST:PORT ROOM_ID USER_ID REFRESH_TOKEN SPEAKER_TOKEN SCREENSHOT_DIR
//
// The room has messages with the texts `Said long ago, number SEQ` and more, all of them read by nobody.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';
import { arrive, readOn } from './chat/busy.mjs';
import { load } from './chat/loading.mjs';
import { scrollFar } from './chat/long.mjs';
import { isInSight } from './chat/rows.mjs';
import { attempt, checkWatch } from './chat/tasks.mjs';

const [base, roomId, userId, refreshToken, speaker, screenshots] = process.argv.slice(2);
if (!base || !roomId || !userId || !refreshToken || !speaker || !screenshots) {
  console.error('usage: node chat-speed.mjs http://HOST:PORT ROOM_ID USER_ID REFRESH_TOKEN SPEAKER_TOKEN SCREENSHOT_DIR');
  process.exit(2);
}
await mkdir(screenshots, { recursive: true });

const browser = await openBrowser(base);
let failed = true;
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB' });
  await context.addInitScript(
    ([account]) => {
      if (!localStorage.getItem('tertulia.account')) localStorage.setItem('tertulia.account', account);
    },
    [JSON.stringify({ refreshToken, userId })],
  );
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults = watch(page, base);

  await load(page, `${base}/rooms/${roomId}`);

  // It opens at what is new, which is its beginning; its end is what is looked at.
  await page.getByRole('button', { name: /new messages?$/ }).click();
  await until('the newest message', () => isInSight(page, /^Said long ago, number 100000\b/));
  await checkWatch(page);
  await attempt(page, 'scrolling', () => scrollFar(page));
  await page.screenshot({ path: join(screenshots, 'chat-long-room.png') });

  await attempt(page, 'arriving', () => arrive(page, { base, speaker, roomId }));
  await page.screenshot({ path: join(screenshots, 'chat-busy-room.png') });

  await readOn(page, { base, speaker, roomId });

  assert.deepEqual(faults, [], 'faults seen by the browser');
  failed = false;
  console.log('chat-speed: the page stays quick');
} catch (error) {
  console.error(error);
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0);
}
