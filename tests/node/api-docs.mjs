// Opens the two pages about the REST faces in Chromium, reads them, and tries operations out against the server they
// come from.
//
//   node api-docs.mjs http://HOST:PORT SCREENSHOT_DIR          CHROMIUM=/path/to/chromium to use another browser
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';

const [baseUrl, screenshots] = process.argv.slice(2);
if (!baseUrl || !screenshots) {
  console.error('usage: node api-docs.mjs http://HOST:PORT SCREENSHOT_DIR');
  process.exit(2);
}
const { origin } = new URL(baseUrl);
await mkdir(screenshots, { recursive: true });
const document = await (await fetch(new URL('/api/schema/?format=json', origin))).json();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
);
const name = `amber${Date.now().toString(36)}`;
const password = 'a-quiet-corner-table';
const browser = await openBrowser(origin);

let page;
let failed = false;
try {
  page = await browser.newPage({ viewport: { width: 1400, height: 1000 }, colorScheme: 'light' });
  page.setDefaultTimeout(WAIT_MS);
  const faults = watch(page, origin);
  await swagger(page);
  await redoc(page);
  assert.deepEqual(faults, [], 'faults seen by the browser');
  console.log(`api-docs: both pages show ${operations.length} operations; nothing left the server, nothing on the console`);
} catch (error) {
  failed = true;
  console.error(`api-docs: ${error.message}`);
  await page?.screenshot({ path: join(screenshots, 'failure.png') }).catch(() => {});
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);

async function swagger(page) {
  await step(page, 'swagger', async () => {
    await visit(page, '/api/docs/');
    for (const { name } of document.tags) {
      await page.locator(`.opblock-tag[data-tag="${name}"]`).waitFor();
    }
    await shows(page, document.info.title);
  });
  await step(page, 'swagger-operations', async () => {
    for (const { name } of document.tags) await page.locator(`.opblock-tag[data-tag="${name}"]`).click();
    await until('every operation to show', async () => (await page.locator('.opblock').count()) === operations.length);
    await shows(page, 'WebSocket');
  });
  await step(page, 'swagger-token', async () => {
    await answered(page, 'thanchat_post_userauth_users', 201, { username: name, email: `${name}@example.org`, password });
    const { auth_token } = await answered(page, 'thanchat_post_userauth_token_login', 200, { username: name, password });
    await page.locator('.auth-wrapper .authorize').first().click();
    const form = page.locator('.auth-container').filter({ hasText: 'The word Token' });
    await form.locator('input').fill(`Token ${auth_token}`);
    await form.getByRole('button', { name: 'Apply credentials' }).click();
    await page.locator('.modal-ux .btn-done').first().click();
    const me = await answered(page, 'thanchat_get_userauth_users_me', 200);
    assert.equal(me.username, name);
  });
  await step(page, 'swagger-parameter', async () => {
    const room = { name: 'The corner table', capacity: 4, link: 'corner' };
    const { id } = await answered(page, 'thanchat_post_chatApp_chatRooms', 201, room);
    const found = await answered(page, 'thanchat_get_chatApp_chatRooms_id', 200, undefined, { id });
    assert.equal(found.name, room.name);
  });
  if (operations.some(({ operationId }) => operationId === 'mrm_post_api_login')) {
    await step(page, 'swagger-cookie', async () => {
      const signup = { username: `${name}2`, password, password_confirm: password };
      await answered(page, 'mrm_post_api_register', 201, signup);
      await answered(page, 'mrm_post_api_login', 200, { username: `${name}2`, password });
      // A write by cookie: the page shows the other cookie's value by itself.
      const chat = await answered(page, 'mrm_post_api_chats', 201, { name: 'Study group' });
      assert.equal(chat.name, 'Study group');
    });
  }
}

async function redoc(page) {
  await step(page, 'redoc', async () => {
    await visit(page, '/api/redoc/');
    await page.locator('h1').filter({ hasText: document.info.title }).first().waitFor();
    for (const { name } of document.tags) {
      await page.locator('h2, h1').filter({ hasText: name }).first().waitFor();
    }
  });
  await step(page, 'redoc-operations', async () => {
    const drawn = () => page.locator('[data-section-id^="tag/"][data-section-id*="/operation/"], [data-section-id*="/paths/"]').count();
    await until('every operation to show', async () => (await drawn()) >= operations.length);
    const { operationId } = operations.find(({ method }) => method === 'post');
    await page.locator(`[data-section-id$="operation/${operationId}"]`).first().scrollIntoViewIfNeeded();
  });
  await step(page, 'redoc-search', async () => {
    await page.getByPlaceholder('Search...').fill('Log in');
    await page.locator('[data-role="search:results"]').first().waitFor();
  });
}

async function visit(page, path) {
  const answer = await page.goto(new URL(path, origin).href);
  assert.equal(answer.status(), 200, `status of ${path}`);
  assert.match(answer.headers()['content-type'] ?? '', /^text\/html/, `content-type of ${path}`);
  assert.match(answer.headers()['content-security-policy'] ?? '', /default-src 'none'/, `policy of ${path}`);
}

/** Tries an operation out, and gives what the server answered, once it is on the screen. */
async function answered(page, id, status, body, parameters = {}) {
  const { path, method } = operations.find(({ operationId }) => operationId === id);
  const block = page.locator(`.opblock-${method}`).filter({ has: page.locator(`[data-path="${path}"]`) });
  if (!(await block.locator('.opblock-body').count())) await block.locator('.opblock-summary').click();
  if (body) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
  for (const [name, value] of Object.entries(parameters)) {
    await block.locator(`tr[data-param-name="${name}"] input`).fill(String(value));
  }
  const answer = page.waitForResponse((answer) => answer.request().method() === method.toUpperCase() && isOf(answer.url(), path));
  await block.getByRole('button', { name: 'Execute' }).click();
  const got = await answer;
  const text = await got.text();
  assert.equal(got.status(), status, `${id}: ${text}`);
  await block.locator('.live-responses-table .response-col_status').filter({ hasText: String(status) }).waitFor();
  await block.locator('.live-responses-table .response-col_description .highlight-code').first().waitFor();
  await page.screenshot({ path: join(screenshots, `${id}.png`) });
  const said = JSON.parse(text);
  await block.locator('.opblock-summary').click();
  return said;
}

function isOf(url, path) {
  const pattern = path.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.');
  return new RegExp(`^${pattern}$`).test(new URL(url).pathname);
}

async function shows(page, text) {
  await page.getByText(text).first().waitFor();
}

async function step(page, name, action) {
  try {
    await action();
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
  await page.mouse.move(700, 2);
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
  console.log(`ok ${name}`);
}
