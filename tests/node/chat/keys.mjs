// All of it with the keyboard alone.
import { until } from '../browser.mjs';

export async function byKeys({ step }, { page, write, message, field }) {
  const press = (key) => page.keyboard.press(key);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');
  /** Presses a key until the focus is where it is wanted. */
  const go = (key, to) =>
    until(`the focus on ${to}`, async () => {
      await press(key);
      return to.test(await focused());
    });

  await step('by-keys', { page }, async () => {
    await write('To be judged by keys.');
    await message('To be judged').getByRole('img', { name: 'Sent' }).waitFor();
    await go('Shift+Tab', /To be judged by keys\.$/);
    await press('ArrowUp');
    await until('the message before', async () => !/To be judged/.test(await focused()));
    await press('ArrowDown');
    await until('the message after', async () => /To be judged/.test(await focused()));
    await press('r');
    await until('the field', async () => /^Message to/.test(await focused()));
    await page.keyboard.type('Answered by keys.');
    await press('Enter');
    await message('Answered by keys.').getByRole('button', { name: /To be judged/ }).waitFor();
    await message('Answered by keys.').getByRole('img', { name: 'Sent' }).waitFor();
  });

  await step('edited-by-keys', { page }, async () => {
    await go('Shift+Tab', /Answered by keys\.$/);
    await press('e');
    await page.getByText('Editing your message').waitFor();
    await until('the field', async () => /^Message to/.test(await focused()));
    await press('Control+A');
    await page.keyboard.type('Answered and mended by keys.');
    await press('Enter');
    await message('Answered and mended').getByRole('button', { name: /^edited/ }).waitFor();
  });

  await step('emoji-by-keys', { page }, async () => {
    await field.focus();
    await go('Tab', /^Insert an emoji$/);
    await press('Enter');
    await page.getByRole('searchbox', { name: 'Search emoji' }).waitFor();
    await go('Tab', /^Search emoji$/);
    await page.keyboard.type('cat face');
    await page.getByRole('dialog', { name: 'Emoji' }).getByText('🐱').first().waitFor();
  });
  await press('Enter');
  await until('the emoji', async () => (await field.inputValue()) === '🐱');
  await field.fill('');

  await step('keys', { page }, async () => {
    await go('Shift+Tab', /Answered and mended by keys\.$/);
    await press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  });
  await press('Escape');

  await step('deleted-by-keys', { page }, async () => {
    await until('the focus back', async () => /Answered and mended/.test(await focused()));
    await press('Delete');
    await page.getByRole('dialog', { name: 'Delete this message?' }).waitFor();
    await go('Tab', /^Delete$/);
    await press('Enter');
    await until('it to be gone', async () => (await message('Answered and mended').count()) === 0);
  });
}
