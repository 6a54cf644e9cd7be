// Opens the playground in Chromium as a person would, runs its tabs in order against a real server, and looks at the answers.
// It does not judge the API beyond what the tabs show. The browser's connections go over a wire that is cut once.
//
//   node playground.mjs http://HOST:PORT SCREENSHOT_DIR          CHROMIUM=/path/to/chromium to use another browser
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';
import { layWire } from './wire.mjs';

const [baseUrl, screenshots] = process.argv.slice(2);
if (!baseUrl || !screenshots) {
  console.error('usage: node playground.mjs http://HOST:PORT SCREENSHOT_DIR');
  process.exit(2);
}
const wire = await layWire(baseUrl);
const { origin } = wire;
const TABS = ['SignUp', 'LogIn', 'CreateRoom', 'Send', 'Reply', 'React', 'Page', 'MarkRead', 'Search', 'Sessions', 'Subscribe'];

await mkdir(screenshots, { recursive: true });
const browser = await openBrowser(origin);

let page;
let failed = false;
try {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, colorScheme: 'light' });
  page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults = watch(page, origin);
  await run(page);
  assert.deepEqual(faults, [], 'faults seen by the browser');
  console.log('playground: all tabs work; nothing left the server, nothing on the console');
} catch (error) {
  failed = true;
  console.error(`playground: ${error.message}`);
  await page?.screenshot({ path: join(screenshots, 'failure.png') }).catch(() => {});
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);

async function run(page) {
  const answer = await page.goto(new URL('/graphql', origin).href);
  assert.equal(answer.status(), 200, 'status of the page');
  assert.match(answer.headers()['content-type'] ?? '', /^text\/html/, 'content-type of the page');
  assert.match(answer.headers()['content-security-policy'] ?? '', /default-src 'none'/, 'policy of the page');

  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  assert.deepEqual(await page.getByRole('tab').allInnerTexts(), TABS, 'tabs in order');
  assert.match(await textOf(page, 'variables'), /"username": "amber"/, 'variables of the first tab');
  assert.equal(await state(page), 'signed out');

  await step(page, 'docs', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer').getByText('Mutation', { exact: true }).first().waitFor();
  });
  await page.getByRole('button', { name: 'Hide Documentation Explorer' }).click();

  await step(page, 'no-room-yet', async () => {
    await openTab(page, 'Send');
    const refused = await execute(page);
    assert.match(refused.errors?.[0]?.message ?? '', /CreateRoom/, 'a missing room is explained');
  });

  const username = `amber${Date.now().toString(36)}`;
  const password = 'a-quiet-corner-table';

  await step(page, '1-sign-up', async () => {
    await openTab(page, 'SignUp');
    await writeVariables(page, {
      input: { username, email: `${username}@example.org`, password, firstName: 'Amber', lastName: 'Reyes' },
    });
    const { data } = await execute(page);
    assert.deepEqual(data.signup.errors, []);
    await shows(page, username);
    assert.equal(await token(page), data.signup.tokens.accessToken, 'the token field holds the new token');
    assert.equal(await state(page), `signed in as ${username}`);
  });

  await step(page, '2-log-in', async () => {
    await openTab(page, 'LogIn');
    await writeVariables(page, { input: { usernameOrEmail: username, password } });
    const { data } = await execute(page);
    assert.deepEqual(data.login.errors, []);
    await shows(page, username);
    assert.equal(await token(page), data.login.tokens.accessToken, 'the token field holds the latest token');
  });

  let roomId;
  await step(page, '3-create-room', async () => {
    await openTab(page, 'CreateRoom');
    const { data } = await execute(page);
    assert.deepEqual(data.createRoom.errors, []);
    await shows(page, 'The corner table');
    roomId = data.createRoom.room.id;
    assert.ok(roomId, 'an id for the room');
  });

  await step(page, 'no-message-yet', async () => {
    await openTab(page, 'Reply');
    const refused = await execute(page);
    assert.match(refused.errors?.[0]?.message ?? '', /Send tab/, 'a missing message is explained');
  });

  await step(page, '4-send', async () => {
    await openTab(page, 'Send');
    const { data, sent } = await execute(page);
    assert.equal(sent.body.variables.input.roomId, roomId, 'the room made last is the one written to');
    assert.equal(sent.authorization, `Bearer ${await token(page)}`, 'the token goes with the request');
    assert.deepEqual(data.sendMessage.errors, []);
    assert.equal(data.sendMessage.message.sender.username, username);
    await shows(page, 'Good evening, everyone.');
  });

  await step(page, '5-reply', async () => {
    await openTab(page, 'Reply');
    const { data } = await execute(page);
    assert.deepEqual(data.sendMessage.errors, []);
    assert.deepEqual(data.sendMessage.message.replyTo, { seq: 1, text: 'Good evening, everyone.', replyCount: 1 });
    await shows(page, 'Is this chair free?');
  });

  await step(page, '6-react', async () => {
    await openTab(page, 'React');
    const { data } = await execute(page);
    assert.deepEqual(data.reactToMessage.message, { seq: 2, reactions: [{ emoji: '☕', count: 1, viewerReacted: true }] });
  });

  await step(page, '7-page', async () => {
    await openTab(page, 'Page');
    const { data } = await execute(page);
    const texts = data.messages.edges.map((edge) => edge.node.text);
    assert.deepEqual(texts, ['Good evening, everyone.', 'Is this chair free?']);
    await shows(page, 'Good evening, everyone.');
  });

  await step(page, '8-mark-read', async () => {
    await openTab(page, 'MarkRead');
    const { data } = await execute(page);
    assert.deepEqual(data.markRead.room.viewerState, { lastReadSeq: 2, unreadCount: 0 });
  });

  await step(page, '9-search', async () => {
    await openTab(page, 'Search');
    const { data } = await execute(page);
    assert.deepEqual(data.searchMessages.nodes.map(({ text }) => text), ['Good evening, everyone.']);
  });

  await step(page, '10-sessions', async () => {
    await openTab(page, 'Sessions');
    const { data } = await execute(page);
    assert.equal(data.viewer.sessions.filter(({ current }) => current).length, 1, 'this session among them');
    assert.ok(data.serverInfo.version, 'a version');
  });

  let socket;
  await step(page, '11-subscribe', async () => {
    await openTab(page, 'Subscribe');
    socket = await follow(page);
    await shows(page, 'Is this chair free?');
    const [{ type, payload }] = socket.said;
    assert.equal(type, 'connection_init');
    assert.equal(payload.authorization, `Bearer ${await token(page)}`, 'the token goes with the socket');
    assert.equal((await added(page)).replayed, true, 'it begins with what was there');
    for (const text of ['And to you.', 'It is yours.']) {
      await say(await token(page), roomId, text);
      await shows(page, text);
    }
    const { replayed, message } = await added(page);
    assert.deepEqual([replayed, message.seq], [false, 4], 'each as it comes');
  });

  await step(page, '11-cut', async () => {
    wire.cut();
    await until('the socket to be lost', () => socket.isClosed());
    await say(await token(page), roomId, 'Did I miss something?');
    await shows(page, 'Did I miss something?');
  });

  await step(page, '11-stop', async () => {
    const last = await stop(page);
    await say(await token(page), roomId, 'Nobody hears this.');
    assert.equal(await textOf(page, 'response'), last, 'nothing comes after the stop');
    await follow(page);
    await shows(page, 'Nobody hears this.');
    await stop(page);
  });

  await step(page, 'reload-in-the-dark', async () => {
    await until('the open tab to be stored', () =>
      page.evaluate(() => JSON.parse(sessionStorage.getItem('graphiql:tabState') ?? '{}').activeTabIndex === 10),
    );
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.reload();
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    assert.equal(await state(page), `signed in as ${username}`, 'a reload keeps the session');
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), TABS, 'a reload keeps the tabs');
    assert.match(await textOf(page, 'operation'), /^subscription Subscribe\(/m, 'a reload keeps the open tab');
    assert.match(await textOf(page, 'variables'), /\$lastRoomId/, 'a reload keeps its variables');
  });

  await step(page, 'session-over', async () => {
    await follow(page);
    await shows(page, 'Nobody hears this.');
    // Another token is there by the time the first is refused: the page comes back with it.
    const old = await token(page);
    const other = await logIn(username, password);
    await page.getByLabel('Token').fill(other);
    await logOut(old);
    await until('another socket', () => page.sockets.at(-1).said[0]?.payload.authorization === `Bearer ${other}`);
    await say(other, roomId, 'Still here?');
    await shows(page, 'Still here?');

    await logOut(other);
    await refused(page);
    await follow(page, 'Execute');
    await refused(page);
  });

  const chat = await page.context().newPage();
  await step(page, 'chat-sign-in', async () => {
    const { tokens, user } = await signIn(username, password);
    await chat.goto(new URL('/graphql', origin).href);
    const account = { refreshToken: tokens.refreshToken, userId: user.id };
    await chat.evaluate((kept) => localStorage.setItem('tertulia.account', JSON.stringify(kept)), account);
    await page.getByRole('button', { name: `Use the chat’s sign-in (${username})` }).click();
    await until('the sign-in', async () => (await state(page)) === `signed in as ${username}, as in the chat`);
    await openTab(page, 'Page');
    const { sent } = await execute(page);
    assert.equal(sent.authorization, `Bearer ${await token(page)}`, 'the token of the chat goes with the request');
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    assert.doesNotMatch(kept, new RegExp(await token(page)), 'the token of the chat is kept nowhere');
  });

  await step(page, 'chat-renews', async () => {
    const before = await token(page);
    await page.route('**/graphql', refuseOnce());
    const { sent } = await execute(page);
    await page.unroute('**/graphql');
    assert.notEqual(await token(page), before, 'a token that is refused makes place for another');
    assert.equal(sent.authorization, `Bearer ${await token(page)}`, 'the request goes out again with it');
    await page.reload();
    await until('the sign-in', async () => (await state(page)) === `signed in as ${username}, as in the chat`);
  });

  await step(page, 'chat-signs-out', async () => {
    await chat.evaluate(() => localStorage.removeItem('tertulia.account'));
    await until('the chat to be left', async () => (await state(page)) === 'signed out');
    assert.equal(await page.getByRole('button', { name: 'Use the chat’s sign-in' }).count(), 0, 'nothing is offered');
  });
}

/** Answers the first request that carries a token as the server does when the token is over. */
function refuseOnce() {
  let refused = false;
  return async (route) => {
    if (refused || !(await route.request().allHeaders()).authorization) return route.continue();
    refused = true;
    const errors = [{ message: 'The token is over.', extensions: { code: 'TOKEN_EXPIRED' } }];
    return route.fulfill({ contentType: 'application/graphql-response+json', body: JSON.stringify({ data: null, errors }) });
  };
}

async function step(page, name, action) {
  try {
    await action();
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
  // Long enough for hover tips to be gone: the pointer rests where nothing is.
  await page.mouse.move(700, 2);
  await page.screenshot({ path: join(screenshots, `${name}.png`) });
  console.log(`ok ${name}`);
}

async function openTab(page, name) {
  const tab = page.getByRole('tab').filter({ has: page.getByTitle(name, { exact: true }) });
  await tab.click();
  await until(`tab ${name} to open`, async () => (await tab.getAttribute('aria-selected')) === 'true');
}

/** Presses the button and waits for the answer to be on the screen; `sent` is the request as it went out, if it did. */
async function execute(page) {
  let sent;
  const listen = (request) => {
    if (request.method() === 'POST') sent = request;
  };
  page.on('request', listen);
  try {
    await page.locator('.graphiql-execute-button').click();
    await until('an answer', async () => (await textOf(page, 'response')) !== '');
  } finally {
    page.off('request', listen);
  }
  const result = JSON.parse(await textOf(page, 'response'));
  if (!sent) return result;
  assert.equal(result.errors, undefined, `the answer has errors: ${JSON.stringify(result.errors)}`);
  return { ...result, sent: { body: sent.postDataJSON(), authorization: (await sent.allHeaders()).authorization } };
}

/** Presses the button of a subscription and waits for its socket to open; `then` is what the button offers after. */
async function follow(page, then = 'Stop') {
  const before = page.sockets.length;
  await page.getByRole('button', { name: 'Execute query' }).click();
  await until('a socket', () => page.sockets.length > before);
  await page.getByRole('button', { name: `${then} query` }).waitFor();
  await until('a socket that speaks', () => page.sockets[before]?.said.length > 0);
  return page.sockets[before];
}

/** Ends the subscription; gives what is left on the screen. */
async function stop(page) {
  await page.getByRole('button', { name: 'Stop query' }).click();
  await idle(page);
  return textOf(page, 'response');
}

/** Nothing runs, and the page holds no socket. */
async function idle(page) {
  await page.getByRole('button', { name: 'Execute query' }).waitFor();
  await until('all sockets to close', () => page.sockets.every((socket) => socket.isClosed()));
}

/** The subscription has ended, and the page says what to do. */
async function refused(page) {
  await idle(page);
  const [error] = JSON.parse(await textOf(page, 'response')).errors;
  assert.match(error.message, /Sign in again/);
}

async function added(page) {
  return JSON.parse(await textOf(page, 'response')).data.messageAdded;
}

/** A call past the browser and its wire, as from another device of the same person. */
async function ask(token, query, variables) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const body = JSON.stringify({ query, variables });
  const answer = await fetch(new URL('/graphql', baseUrl), { method: 'POST', headers, body });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

async function say(token, roomId, text) {
  const query = 'mutation($input: SendMessageInput!) { sendMessage(input: $input) { errors { code } } }';
  const { sendMessage } = await ask(token, query, { input: { roomId, text } });
  assert.deepEqual(sendMessage.errors, []);
}

async function logIn(usernameOrEmail, password) {
  return (await signIn(usernameOrEmail, password)).tokens.accessToken;
}

async function signIn(usernameOrEmail, password) {
  const query = `mutation($input: LoginInput!) {
    login(input: $input) { user { id } tokens { accessToken refreshToken } errors { code } }
  }`;
  const { login } = await ask('', query, { input: { usernameOrEmail, password } });
  assert.deepEqual(login.errors, []);
  return login;
}

async function logOut(token) {
  const { logout } = await ask(token, 'mutation { logout(input: {}) { loggedOut } }');
  assert.equal(logout.loggedOut, true);
}

/** GraphiQL leaves its editor library in a global: the whole text is there, lines scrolled out of sight too. */
function textOf(page, editor) {
  return page.evaluate(
    (part) => globalThis.__MONACO.editor.getModels().find((model) => model.uri.path.includes(part)).getValue(),
    editor,
  );
}

async function writeVariables(page, variables) {
  const text = JSON.stringify(variables);
  await page.locator('.graphiql-editor-tool .monaco-editor:visible').first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(text);
  // The editor closes brackets and quotes of its own accord: away with what it put after ours.
  await page.keyboard.press('ControlOrMeta+Shift+End');
  await page.keyboard.press('Delete');
  await until('variables as written', async () => (await textOf(page, 'variables')) === text);
}

/** The text is drawn in the response pane, not merely in memory. */
async function shows(page, text) {
  const pane = page.locator('.result-window .view-lines');
  await until(`"${text}" to show`, async () => (await pane.textContent()).replaceAll('\u00a0', ' ').includes(text));
}

function token(page) {
  return page.getByLabel('Token').inputValue();
}

function state(page) {
  return page.getByRole('status').innerText();
}
