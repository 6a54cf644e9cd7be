// Opens a long room in a browser: scrolls through it, then has fifty messages a second arrive, and looks at what the page
// was busy with all the time.
//
//   node chat-speed.mjs http://HOST:PORT ROOM_ID USER_ID REFRESH_TOKEN SPEAKER_TOKEN SCREENSHOT_DIR
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';
import { mutate } from './people.mjs';

const [base, roomId, userId, refreshToken, speaker, screenshots] = process.argv.slice(2);
if (!base || !roomId || !userId || !refreshToken || !speaker || !screenshots) {
  console.error('usage: node chat-speed.mjs http://HOST:PORT ROOM_ID USER_ID REFRESH_TOKEN SPEAKER_TOKEN SCREENSHOT_DIR');
  process.exit(2);
}
await mkdir(screenshots, { recursive: true });

/** A task of the page that takes longer keeps people waiting. */
const LONG_MS = 50;
/** What is in sight and a little around it; never the room. */
const DRAWN_MAX = 80;
const PER_SECOND = 50;
const SECONDS = 6;

const browser = await openBrowser(base);
let failed = true;
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB' });
  await context.addInitScript(([account]) => localStorage.setItem('tertulia.account', account), [JSON.stringify({ refreshToken, userId })]);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults = watch(page, base);
  await page.goto(`${base}/rooms/${roomId}`);
  await page.getByText('Said long ago, number 1.').or(page.getByText(/Said long ago, number 100000/)).first().waitFor();
  await readAll(page);

  const busy = await watchTasks(page);
  await scrollBack(page);
  report('scrolling', await busy.take());
  await page.screenshot({ path: join(screenshots, 'chat-long-room.png') });

  await page.getByRole('button', { name: /newest|new message/ }).click();
  await until('the newest message', () => page.getByText(/Said long ago, number 100000/).isVisible());
  await busy.take();
  await arrive(page);
  report('arriving', await busy.take());
  await page.screenshot({ path: join(screenshots, 'chat-busy-room.png') });

  assert.deepEqual(faults, [], 'faults seen by the browser');
  failed = false;
  console.log(`chat-speed: no task took longer than ${LONG_MS} ms`);
} catch (error) {
  console.error(error);
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0);
}

/** Nothing was read before: the room opens at its beginning, and the speed of its end is what is looked at. */
async function readAll(page) {
  const newest = page.getByRole('button', { name: /new messages$/ });
  if (await newest.isVisible()) await newest.click();
  await page.getByText(/Said long ago, number 100000/).waitFor();
}

/** Scrolls as a wheel does until a few hundred messages have passed, through several pages. */
async function scrollBack(page) {
  const feed = page.getByRole('feed');
  await feed.hover();
  const first = () => feed.getByRole('article').first().getAttribute('aria-posinset').then(Number);
  const begun = await first();
  let jumps = 0;
  for (let turn = 0; turn < 400 && begun - (await first()) < 600; turn += 1) {
    const before = await places(page);
    await page.mouse.wheel(0, -120);
    await page.waitForTimeout(16);
    const after = await places(page);
    // Whatever was in sight and still is has moved as far as the wheel said, and nowhere else.
    const moved = Object.keys(after).filter((key) => key in before).map((key) => after[key] - before[key]);
    if (moved.some((by) => by < -2 || by > 130 * 3)) jumps += 1;
    const drawn = await feed.getByRole('article').count();
    assert.ok(drawn <= DRAWN_MAX, `${drawn} messages are drawn`);
  }
  assert.ok(begun - (await first()) >= 600, 'a few hundred messages have passed');
  assert.equal(jumps, 0, 'nothing jumped');
}

/** Where each message in sight begins. */
function places(page) {
  return page.evaluate(() => {
    const list = document.querySelector('[role=feed]').getBoundingClientRect();
    const inSight = [...document.querySelectorAll('[role=feed] article')].map((article) => [article.dataset.key, article.getBoundingClientRect()]);
    return Object.fromEntries(inSight.filter(([, box]) => box.bottom > list.top && box.top < list.bottom).map(([key, box]) => [key, box.top]));
  });
}

async function arrive(page) {
  const sends = [];
  for (let number = 1; number <= PER_SECOND * SECONDS; number += 1) {
    sends.push(mutate(base, speaker, 'sendMessage', { roomId, text: `Said now, number ${number}.` }));
    await new Promise((resolve) => setTimeout(resolve, 1_000 / PER_SECOND));
  }
  await Promise.all(sends);
  await until('the last of them', () => page.getByText(`Said now, number ${PER_SECOND * SECONDS}.`).isVisible());
  const drawn = await page.getByRole('article').count();
  assert.ok(drawn <= DRAWN_MAX, `${drawn} messages are drawn`);
}

/**
 * What the page's main thread did, task by task: how long each took by the clock, which other programs of the machine
 * have a part in, and how long it was at work.
 */
async function watchTasks(page) {
  await page.evaluate(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  });
  const devtools = await page.context().newCDPSession(page);
  const start = () => devtools.send('Tracing.start', { transferMode: 'ReturnAsStream', traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', '__metadata'] } });
  await start();
  return {
    take: async () => {
      const done = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
      await devtools.send('Tracing.end');
      const { stream } = await done;
      const events = await readTrace(devtools, stream);
      const byTheClock = await page.evaluate(() => globalThis.longTasks.splice(0));
      await start();
      return { byTheClock, atWork: worked(events) };
    },
  };
}

async function readTrace(devtools, handle) {
  let text = '';
  for (let done = false; !done; ) {
    const part = await devtools.send('IO.read', { handle, size: 1 << 20 });
    text += part.base64Encoded ? Buffer.from(part.data, 'base64').toString() : part.data;
    done = part.eof;
  }
  await devtools.send('IO.close', { handle });
  return JSON.parse(text).traceEvents;
}

/** The tasks of renderers' main threads, in ms of work. */
function worked(events) {
  const mains = new Set(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = events.filter(({ name, ph, pid, tid }) => /RunTask$/.test(name) && ph === 'X' && mains.has(`${pid} ${tid}`));
  return tasks.map(({ tdur = 0 }) => tdur / 1_000);
}

function report(what, { byTheClock, atWork }) {
  const longest = Math.max(0, ...atWork);
  const clock = byTheClock.map((ms) => Math.round(ms)).join(', ') || 'none';
  console.log(`${what}: ${atWork.length} tasks, the longest ${longest.toFixed(1)} ms at work; longer than ${LONG_MS} ms by the clock: ${clock}`);
  assert.ok(atWork.length > 100, 'tasks were seen');
  assert.ok(longest <= LONG_MS, `a task of ${longest.toFixed(1)} ms while ${what}`);
}
