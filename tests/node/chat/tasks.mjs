// What a page's main thread does while something happens, task by task: how long each takes by the clock, which other
// programs of the machine have a part in, and how long it is at work.
import assert from 'node:assert/strict';

/** A task of the page that takes longer keeps people waiting. */
const LONG_MS = 50;
/** Another program can make a task of ours wait for memory; it does so once and not each time. */
const ATTEMPTS = 3;

/** Makes sure that a long task would be seen, on a machine that has other things to do. */
export async function checkWatch(page) {
  const { atWork } = await watchTasks(page, () =>
    page.evaluate((end) => {
      const begun = performance.now();
      while (performance.now() - begun < end);
    }, 10 * LONG_MS),
  );
  assert.ok(Math.max(...atWork) > LONG_MS, `a long task was seen as one of ${Math.max(...atWork)} ms`);
}

/** Has something happen, once more while a task takes too long, and fails if that never ends. */
export async function attempt(page, what, action) {
  for (let left = ATTEMPTS; left > 0; left -= 1) {
    const { byTheClock, atWork } = await watchTasks(page, action);
    const longest = Math.max(0, ...atWork);
    const clock = byTheClock.map((ms) => Math.round(ms)).join(', ') || 'none';
    console.log(`${what}: ${atWork.length} tasks, the longest ${longest.toFixed(1)} ms at work; longer than ${LONG_MS} ms by the clock: ${clock}`);
    assert.ok(atWork.length > 100, 'tasks were seen');
    if (longest <= LONG_MS) return;
  }
  assert.fail(`${what} takes tasks of more than ${LONG_MS} ms, ${ATTEMPTS} times of ${ATTEMPTS}`);
}

export async function watchTasks(page, action) {
  const devtools = await page.context().newCDPSession(page);
  await page.evaluate(() => {
    globalThis.longTasks = [];
    globalThis.longTaskWatch ??= new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration)));
    globalThis.longTaskWatch.observe({ type: 'longtask' });
  });
  const traceConfig = { includedCategories: ['toplevel', 'devtools.timeline', '__metadata'] };
  await devtools.send('Tracing.start', { transferMode: 'ReturnAsStream', traceConfig });
  await action();
  const done = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  const events = await readTrace(devtools, (await done).stream);
  const byTheClock = await page.evaluate(() => globalThis.longTasks);
  await devtools.detach();
  return { byTheClock, atWork: worked(events) };
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
