// They say things, answer, change their minds, and send pictures.
import assert from 'node:assert/strict';
import { until } from '../browser.mjs';
import { png } from '../png.mjs';
import { holdFiles, paste } from './gestures.mjs';

export async function talk({ step }, a, b) {
  await step('open', a, async () => {
    for (const { page } of [a, b]) await page.getByText('Nothing has been said yet').waitFor();
  });

  await step('say', b, async () => {
    await a.write('Good evening, everyone.');
    await b.shows('Good evening, everyone.');
    await b.write('And to you.\nIs this chair free? https://example.org/chairs');
    await a.shows('Is this chair free?');
    const link = a.message('Is this chair free?').getByRole('link');
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
    for (const pane of [a, b]) assert.deepEqual(await pane.texts(), ['Good evening, everyone.', 'And to you. Is this chair free? https://example.org/chairs']);
    await a.message('Good evening').getByRole('img', { name: 'Sent' }).waitFor();
  });

  await step('typing', a, async () => {
    await b.field.pressSequentially('It is', { delay: 30 });
    await a.page.getByText('Bruno Díaz is typing…').waitFor();
    await b.field.fill('');
    await a.page.getByText('Bruno Díaz is typing…').waitFor({ state: 'detached' });
  });

  await step('reply', a, async () => {
    await b.act('Good evening', 'Reply');
    await b.page.getByText('Answering Amber Reyes').waitFor();
    await b.write('A good one it is.');
    await a.message('A good one it is.').getByRole('button', { name: /Good evening, everyone\./ }).waitFor();
  });

  await step('react', b, async () => {
    await a.act('A good one it is.', 'React');
    await a.page.getByRole('dialog', { name: 'Emoji' }).getByRole('button', { name: '🎉' }).first().click();
    await b.message('A good one it is.').getByRole('button', { name: '🎉, 1: react with it, too' }).click();
    await a.message('A good one it is.').getByRole('button', { name: /🎉, 2, yours too/ }).waitFor();
  });

  await step('edit', b, async () => {
    await a.field.press('ArrowUp');
    await a.page.getByText('Editing your message').waitFor();
    await a.field.fill('Good evening, all of you.');
    await a.field.press('Enter');
    await b.page.getByText('Good evening, all of you.').first().waitFor();
    await b.message('A good one it is.').getByRole('button', { name: /Good evening, all of you\./ }).waitFor();
    await b.message('Good evening, all').getByRole('button', { name: /^edited/ }).click();
    await b.page.getByRole('dialog', { name: 'What it said before' }).getByText('Good evening, everyone.').waitFor();
  });
  await b.page.keyboard.press('Escape');

  await step('delete', b, async () => {
    await a.write('I did not want to say this.');
    await b.shows('I did not want to say this.');
    await a.act('I did not want', 'More');
    await a.page.getByRole('menuitem', { name: 'Delete' }).click();
    await a.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await b.page.getByText('This message was deleted').waitFor();
    assert.equal(await b.message('I did not want').count(), 0);
  });

  const release = await holdFiles(a);
  await step('sending-pictures', a, async () => {
    await a.page.setInputFiles('input[type=file]', { name: 'tiles.png', mimeType: 'image/png', buffer: png(640, 400) });
    const chip = a.page.getByRole('listitem').filter({ hasText: 'tiles.png' });
    await chip.getByRole('progressbar', { name: /^tiles\.png: \d+ % sent$/ }).waitFor();
    await until('its preview', () => isDrawn(chip.locator('img'), 640));
    await a.write('By the button,');
    const unsent = a.message('By the button');
    await unsent.getByText(/^Sending files, \d+ %$/).waitFor();
    await until('its preview in the list', () => isDrawn(unsent.getByRole('img', { name: 'tiles.png' }), 640));
    assert.equal(await b.message('By the button').count(), 0);
  });
  release();

  await step('pictures', b, async () => {
    await b.shows('By the button');
    await paste(a, 'pasted.png', png(300, 500));
    await a.page.getByRole('listitem').filter({ hasText: 'pasted.png' }).waitFor();
    await a.write('and by pasting.');
    for (const pane of [a, b]) {
      for (const [text, name] of [['By the button', 'tiles.png'], ['and by pasting', 'pasted.png']]) {
        const frame = pane.message(text).getByRole('button', { name: `Open image ${name}` });
        await frame.waitFor();
        await until(`${name} to be drawn`, () => isDrawn(frame.locator('img')));
      }
    }
    await b.message('By the button').getByRole('button', { name: 'Open image tiles.png' }).click();
    const large = b.page.getByRole('dialog', { name: 'tiles.png' }).getByRole('img');
    await until('the whole picture', () => isDrawn(large, 640));
  });
  await b.page.keyboard.press('Escape');

  await step('read', a, async () => {
    await a.message('and by pasting').getByRole('img', { name: 'Read by Bruno Díaz' }).waitFor();
  });
}

/** Whether a picture is there, in its whole width if that is given. */
function isDrawn(picture, width) {
  return picture.evaluate((image, wide) => image.complete && (wide ? image.naturalWidth === wide : image.naturalWidth > 0), width);
}
