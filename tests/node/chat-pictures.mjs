// Takes the pictures of the chat that the README shows, of a demo (`tertulia demo`) that has talked for a moment.
//
//   node chat-pictures.mjs http://HOST:PORT USERNAME PASSWORD DIR
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WAIT_MS, openBrowser, until } from './browser.mjs';
import { mutate } from './people.mjs';

const [base, username, password, folder] = process.argv.slice(2);
if (!base || !username || !password || !folder) {
  console.error('usage: node chat-pictures.mjs http://HOST:PORT USERNAME PASSWORD DIR');
  process.exit(2);
}
await mkdir(folder, { recursive: true });

const SCENES = [
  { name: 'chat', room: 'Reading circle', viewport: { width: 1200, height: 750 }, colorScheme: 'light' },
  { name: 'chat-dark', room: 'Night walk', viewport: { width: 1200, height: 750 }, colorScheme: 'dark' },
  { name: 'chat-phone', room: 'Reading circle', viewport: { width: 390, height: 750 }, colorScheme: 'light', isMobile: true, hasTouch: true },
];

const browser = await openBrowser(base);
for (const { name, room, ...options } of SCENES) {
  const input = { usernameOrEmail: username, password };
  const { user, tokens } = await mutate(base, null, 'login', input, 'user { id } tokens { refreshToken }');
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  await context.addInitScript(
    ([account]) => {
      if (!localStorage.getItem('tertulia.account')) localStorage.setItem('tertulia.account', account);
    },
    [JSON.stringify({ refreshToken: tokens.refreshToken, userId: user.id })],
  );
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(base);
  const entry = page.getByRole('link', { name: new RegExp(`^${room}`) });
  await (options.hasTouch ? entry.tap() : entry.click());
  await page.getByRole('article').first().waitFor();
  const newest = page.getByRole('button', { name: /newest message$|new messages?$/ });
  if (await newest.isVisible()) await newest.click();
  await page.mouse.move(0, 0);
  await until('the end', async () => !(await newest.isVisible()));
  await until('what fades to be gone', () => page.evaluate(() => document.getAnimations().every(({ playState }) => playState !== 'running')));
  await until('its pictures', () => page.evaluate(() => [...document.images].every(({ complete }) => complete)));
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
}
await browser.close();
