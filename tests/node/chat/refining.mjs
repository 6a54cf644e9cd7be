// What a server does not take, what comes by dropping, and texts that would do harm.
import assert from 'node:assert/strict';
import { png } from '../png.mjs';
import { drop } from './gestures.mjs';

export async function refine({ step }, a, b) {
  await step('refused-files', a, async () => {
    a.forgive(/^400: \S+\/media\/uploads\/|status of 400/);
    await a.page.setInputFiles('input[type=file]', [
      { name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(2_000_000) },
      { name: 'broken.png', mimeType: 'image/png', buffer: png(300, 300).subarray(0, 300) },
    ]);
    await a.page.getByText('film.mp4 has 1.9 MB; this server takes files of at most').waitFor();
    const chip = a.page.getByRole('listitem').filter({ hasText: 'broken.png' });
    await chip.getByRole('alert').waitFor();
    assert.notEqual((await chip.getByRole('alert').innerText()).trim(), '');
  });
  await a.page.getByRole('button', { name: 'Remove broken.png' }).click();

  await step('dropped', b, async () => {
    await drop(a, 'minutes.txt', 'Nothing was decided.');
    await a.page.getByRole('listitem').filter({ hasText: 'minutes.txt' }).waitFor();
    await a.field.press('Enter');
    await b.message('minutes.txt').getByRole('link', { name: /Download minutes\.txt 20 bytes/ }).waitFor();
    const loading = b.page.waitForEvent('download');
    await b.message('minutes.txt').getByRole('link').click();
    assert.equal((await loading).suggestedFilename(), 'minutes.txt');
  });

  await step('hostile', b, async () => {
    await a.write('<img src=x onerror=alert(1)> javascript:alert(1) data:text/html,<b>x</b> \u202etxt.exe');
    await b.shows('<img src=x onerror=alert(1)>');
    assert.equal(await b.message('<img src=x').locator('img, a').count(), 0);
    await a.write('a'.repeat(600));
    await a.write('שלום לכולם');
    await a.write('🎉🎉');
    await b.shows('🎉🎉');
    const feed = b.page.getByRole('feed');
    assert.ok(await feed.evaluate((list) => list.scrollWidth <= list.clientWidth), 'long words break');
  });
}
