// The first load of a room, with nothing kept by the browser: how many bytes travel, and how soon one can write.
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { until } from '../browser.mjs';

/** Of HTML, programs and styles, as they travel to a browser that takes gzip. */
const BYTES_MAX = 250_000;

export async function load(page, address) {
  await page.addInitScript(watchForUse);
  await page.goto(address);
  await page.getByRole('textbox', { name: /^Message to/ }).fill('Can one write already?');
  await page.getByRole('textbox', { name: /^Message to/ }).fill('');
  await until('the messages', () => page.evaluate(() => globalThis.shownAfter !== undefined));
  // Later it loads what may be wanted next.
  const { files, writableAfter, shownAfter } = await page.evaluate(() => ({
    files: performance
      .getEntriesByType('resource')
      .filter(({ name, startTime }) => /\.(js|css)$/.test(name) && startTime <= globalThis.shownAfter)
      .map(({ name }) => name)
      .concat(location.href),
    writableAfter: globalThis.writableAfter,
    shownAfter: globalThis.shownAfter,
  }));
  const sizes = await Promise.all(files.map(gzippedSize));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [kB, writable, shown] = [total / 1_000, writableAfter, shownAfter].map(Math.round);
  console.log(`loading: ${files.length} files of ${kB} kB in all; one can write after ${writable} ms, and read after ${shown} ms`);
  assert.ok(files.length >= 5, 'its files were seen');
  assert.ok(total <= BYTES_MAX, `${total} bytes travel`);
}

/** Notes in the page when one can write, and when the messages are there. */
function watchForUse() {
  const watch = new MutationObserver(() => {
    if (document.querySelector('form textarea')) globalThis.writableAfter ??= performance.now();
    if (!document.querySelector('[role=feed] article')) return;
    globalThis.shownAfter = performance.now();
    watch.disconnect();
  });
  watch.observe(document, { childList: true, subtree: true });
}

function gzippedSize(url) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      assert.equal(response.headers['content-encoding'], 'gzip', url);
      let size = 0;
      response.on('data', ({ length }) => {
        size += length;
      });
      response.on('end', () => resolve(size));
    }).on('error', reject);
  });
}
