// The same room on a phone, in the dark.
import assert from 'node:assert/strict';

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, colorScheme: 'dark' };

export async function byFinger({ step, open }, watcher) {
  const phone = await open('bruno', 'phone', PHONE);
  await step('phone-dark', phone, async () => {
    await phone.shows('To be judged by keys.');
    assert.ok(await phone.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
    await phone.field.tap();
    await phone.field.fill('From my phone.');
    await phone.page.getByRole('button', { name: 'Send' }).tap();
    await watcher.shows('From my phone.');
  });
  await step('phone-actions', phone, async () => {
    await phone.message('To be judged').getByText('To be judged').tap();
    await phone.message('To be judged').getByRole('button', { name: 'Reply', exact: true }).tap();
    await phone.page.getByText('Answering').waitFor();
    await phone.field.fill('Answered with a finger.');
    await phone.page.getByRole('button', { name: 'Send' }).tap();
    await watcher.message('Answered with a finger.').getByRole('button', { name: /To be judged/ }).waitFor();
  });
  await step('phone-light', phone, async () => {
    await phone.page.emulateMedia({ colorScheme: 'light' });
  });
}
