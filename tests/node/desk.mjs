// An administrator at the desk, from the set-up link of a new server on: everything that can be done there, by pointer and
// by keys, wide and on a phone, in light and dark. People whom it is done to look on from other browsers.
//
//   node desk.mjs http://HOST:PORT SET_UP_CODE SCREENSHOT_DIR          of a server that has no administrator yet
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findFaults } from './axe.mjs';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';
import { PASSWORD, ask, logIn, makeRoom, mutate, say, signUp, windowOf } from './people.mjs';
import { png } from './png.mjs';

const [base, code, screenshots] = process.argv.slice(2);
if (!base || !code || !screenshots) {
  console.error('usage: node desk.mjs http://HOST:PORT SET_UP_CODE SCREENSHOT_DIR');
  process.exit(2);
}
const { origin } = new URL(base);
const PAGES = { overview: '', users: '/users', rooms: '/rooms', messages: '/messages', sessions: '/sessions', uploads: '/uploads', configuration: '/configuration', audit: '/audit' };
/** What the audit log tells of all this. */
const DONE = [
  'Ada Moreno set this server up',
  'made the account of Carmen Okafor',
  'disabled the account of Borís Lind',
  'enabled the account of Borís Lind',
  'changed the profile of Borís Lind',
  'made Carmen Okafor an administrator',
  'took administrator’s rights from Carmen Okafor',
  'gave Carmen Okafor another password',
  'gave Borís Lind another role in “The old cellar”',
  'removed Borís Lind from “The new cellar”',
  'archived the room “The new cellar”',
  'deleted the room “The new cellar”',
  'removed a message',
  'searched the messages of all rooms',
  'signed out',
];

await mkdir(screenshots, { recursive: true });
const browser = await openBrowser(origin);
let page;
let failed = true;
try {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, locale: 'en-GB' });
  page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults = watch(page, origin);
  await setUp(page);
  const people = await furnish();
  await refuse(people);
  await lookOver(page, people);
  await keepUsers(page, people);
  await signOutEverywhere(page, people);
  await keepRooms(page, people);
  await keepMessages(page, people);
  await keepSessionsAndFiles(page, people);
  await readConfiguration(page);
  await readAuditLog(page);
  await byKeys(page);
  await looks(page);
  assert.deepEqual(faults, [], 'faults seen by the browser');
  failed = false;
  console.log('desk: all that is done there was done, and nothing left the server');
} catch (error) {
  console.error(error);
  await page?.screenshot({ path: join(screenshots, 'failed.png') }).catch(() => {});
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);

/** A link that is not good, then the one that the server printed, then that one again by somebody else. */
async function setUp(page) {
  await step(page, 'set-up-late', () => setUpInVain(page, 'of-an-earlier-start'));

  await step(page, 'set-up', async () => {
    await go(page, `/setup/${code}`);
    await press(page, 'Make the administrator');
    await page.getByText('Please fill this in.').first().waitFor();
    await fillIn(page, { Username: 'ada', 'E-mail address': 'ada@example.org', Password: PASSWORD, 'First name': 'Ada', 'Last name': 'Moreno' });
    await clean(page, 'set-up');
  });

  await step(page, 'set-up-done', async () => {
    await press(page, 'Make the administrator');
    await page.waitForURL('**/admin');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  const context = await browser.newContext({ locale: 'en-GB' });
  const other = await context.newPage();
  other.setDefaultTimeout(WAIT_MS);
  await step(other, 'set-up-used', () => setUpInVain(other, code));
  await context.close();
}

/** The page says what to do instead. */
async function setUpInVain(page, link) {
  await go(page, `/setup/${link}`);
  await fillIn(page, { Username: 'eve', 'E-mail address': 'eve@example.org', Password: PASSWORD });
  await press(page, 'Make the administrator');
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.innerText(), /Restart the server[\s\S]*tertulia user create/);
}

/** People, rooms and messages to look after. */
async function furnish() {
  const amber = await signUp(base, 'amber', 'Amber', 'Reyes');
  const boris = await signUp(base, 'boris', 'Boris', 'Lind');
  const harbour = await makeRoom(amber, 'Harbour watch', [boris]);
  const cellar = await makeRoom(amber, 'The old cellar', [boris]);
  for (const text of ['The lighthouse is lit again.', 'Who has the lantern?', 'I left the lantern by the door.']) await say(amber, harbour, text);
  const picture = png(64, 48);
  const { ticket } = await mutate(base, amber.token, 'createUpload', { fileName: 'harbour.png', contentType: 'image/png', byteSize: picture.length }, 'ticket { id url headers { name value } }');
  const headers = Object.fromEntries(ticket.headers.map(({ name, value }) => [name, value]));
  const sent = await fetch(ticket.url, { method: 'PUT', headers, body: picture });
  assert.equal(sent.status < 300, true, `the picture was not taken: ${sent.status}`);
  const found = await say(amber, harbour, 'A picture of the lantern', { uploadIds: [ticket.id] });
  return { amber, boris, harbour, cellar, found };
}

/** Who is not signed in comes back after signing in; who is no administrator sees nothing. */
async function refuse({ amber }) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const asked = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/graphql') && request.method() === 'POST') asked.push(request.postDataJSON().query);
  });
  await step(page, 'to-sign-in', async () => {
    await go(page, '/admin/users?q=amber');
    await page.waitForURL('**/sign-in?next=**');
    await fillIn(page, { 'Username or e-mail address': amber.username, Password: PASSWORD });
    asked.length = 0;
    await press(page, 'Sign in');
    await page.waitForURL('**/admin/users?q=amber');
  });
  await step(page, 'refused', async () => {
    await page.getByRole('heading', { name: 'This desk is for administrators' }).waitFor();
    await clean(page, 'refused');
    const beyond = asked.filter((query) => !/login\(|refreshSession\(|viewer/.test(query));
    assert.deepEqual(beyond, [], 'nothing is asked for by whom it is not for');
  });
  await step(page, 'set-up-signed-in', async () => {
    await go(page, `/setup/${code}`);
    await page.getByText('You are signed in as Amber Reyes.').waitFor();
    await clean(page, 'set-up-signed-in');
    await press(page, 'Stay signed in');
    await page.getByText('Harbour watch').first().waitFor();
    await go(page, `/setup/${code}`);
    await press(page, 'Sign out and go on');
    await page.getByLabel('Username', { exact: true }).waitFor();
    assert.equal(new URL(page.url()).pathname, `/setup/${code}`);
  });
  await context.close();
}

async function lookOver(page, { amber, harbour }) {
  await step(page, 'overview', async () => {
    await go(page, '/admin');
    await page.getByText('Sends a second').waitFor();
    for (let n = 1; n <= 12; n += 1) await say(amber, harbour, `Watch ${n} begins.`);
    // All that was ever said is in this room. The page may show what was counted some seconds ago, and asks again.
    const { room } = await ask(base, amber.token, 'query($id: ID!) { room(id: $id) { messages { totalCount } } }', { id: harbour });
    await until('the messages to be counted', async () => Number((await figure(page, 'Messages')).replace(/\D/g, '')) === room.messages.totalCount);
    await until('the sends to show', async () => /: [^0].* at the highest|, [^0–]\S* at the highest/.test(await page.getByRole('img', { name: /^Sends a second/ }).getAttribute('aria-label')));
    assert.ok((await page.getByRole('meter').count()) > 0, 'queues with what they hold');
    assert.equal(await page.locator('canvas').count(), 8, 'a chart for each figure');
  });
}

async function keepUsers(page, { boris }) {
  let password;
  await step(page, 'user-new', async () => {
    await go(page, '/admin/users');
    await press(page, 'New user');
    await press(page, 'Create the user');
    await page.getByRole('dialog').getByRole('alert').first().waitFor();
    await fillIn(page.getByRole('dialog'), { Username: 'carmen', 'E-mail address': 'carmen@example.net', 'First name': 'Carmen', 'Last name': 'Okafor' });
    await clean(page, 'user-new');
    await press(page, 'Create the user');
    const secret = page.getByRole('dialog', { name: 'The password of Carmen Okafor' });
    password = await secret.getByLabel('Password').inputValue();
    await secret.getByRole('button', { name: 'Copy the password' }).click();
    await secret.getByRole('button', { name: 'Copied' }).waitFor();
  });
  await step(page, 'users', async () => {
    await press(page, 'Done');
    assert.equal(await page.getByText(password).count(), 0, 'it is shown once');
    const { login } = await ask(base, null, 'mutation($input: LoginInput!) { login(input: $input) { user { username } errors { code } } }', {
      input: { usernameOrEmail: 'carmen', password },
    });
    assert.equal(login.user?.username, 'carmen', 'the password is good');
    await page.getByRole('row', { name: /Carmen Okafor/ }).waitFor();
  });
  await step(page, 'users-search', async () => {
    const search = page.getByLabel('Search users');
    await search.fill('bor');
    await names(page, ['Boris Lind']);
    await search.fill('carmen@exam');
    await names(page, ['Carmen Okafor']);
    await search.fill('');
    await page.getByLabel('Rights').selectOption({ label: 'Administrators' });
    await names(page, ['Ada Moreno']);
  });

  const theirs = await windowOf(browser, boris, origin);
  theirs.page.setDefaultTimeout(WAIT_MS);
  await theirs.page.goto(`${origin}/`);
  await theirs.page.getByText('Harbour watch').first().waitFor();
  await step(page, 'user-disable', async () => {
    await page.getByLabel('Rights').selectOption({ label: 'Everyone' });
    await page.getByRole('link', { name: 'Boris Lind' }).click();
    await page.getByRole('heading', { level: 1, name: 'Boris Lind' }).waitFor();
    await more(page, 'Disable');
    await clean(page, 'user-disable');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('disabled', { exact: true }).waitFor();
    await theirs.page.waitForURL('**/sign-in**');
  });
  await step(theirs.page, 'user-disabled-signs-out', async () => {
    await fillIn(theirs.page, { 'Username or e-mail address': boris.username, Password: PASSWORD });
    await press(theirs.page, 'Sign in');
    await theirs.page.getByRole('alert').waitFor();
  });
  await theirs.context.close();
  await step(page, 'users-disabled', async () => {
    await go(page, '/admin/users?state=disabled');
    await names(page, ['Boris Lind']);
    await page.getByRole('link', { name: 'Boris Lind' }).click();
    await more(page, 'Enable');
    await page.getByRole('dialog').getByRole('button', { name: 'Enable' }).click();
    await gone(page.getByText('disabled', { exact: true }));
    await logIn(base, boris);
  });
  await step(page, 'user-edit', async () => {
    await press(page, 'Edit');
    const dialog = page.getByRole('dialog');
    await fillIn(dialog, { 'First name': 'Borís', About: 'Keeps the lamp.', Phone: '+34 600 000 000' });
    await dialog.getByLabel('Type').selectOption({ label: 'Staff' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'Borís Lind' }).waitFor();
    await page.getByText('Keeps the lamp.').waitFor();
    await page.getByText('changed the profile of').first().waitFor();
  });
  await step(page, 'user-admin', async () => {
    await go(page, '/admin/users?q=carmen');
    await page.getByRole('link', { name: 'Carmen Okafor' }).click();
    await more(page, 'Make administrator');
    await page.getByRole('dialog').getByRole('button', { name: 'Make administrator' }).click();
    await page.getByText('administrator', { exact: true }).waitFor();
    await more(page, 'Reset the password');
    await page.getByRole('dialog').getByLabel('New password').fill(PASSWORD);
    await page.getByRole('dialog').getByRole('button', { name: 'Reset the password' }).click();
    await gone(page.getByRole('dialog'));
    const carmen = await windowOf(browser, { base, username: 'carmen' }, origin);
    await carmen.page.goto(`${origin}/admin`);
    await carmen.page.getByRole('heading', { name: 'Overview' }).waitFor();
    await more(page, 'Take administrator’s rights away');
    await page.getByRole('dialog').getByRole('button', { name: 'Take administrator’s rights away' }).click();
    await carmen.page.waitForURL('**/sign-in**');
    await carmen.context.close();
    // Nobody takes their own rights.
    await go(page, '/admin/users?q=ada');
    await page.getByRole('link', { name: 'Ada Moreno', exact: true }).last().click();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    assert.equal(await page.getByRole('menuitem', { name: 'Disable' }).getAttribute('aria-disabled'), 'true');
    await page.keyboard.press('Escape');
  });
}

/** Every device of a person, with one press. */
async function signOutEverywhere(page, { boris }) {
  const devices = [await logIn(base, boris), await logIn(base, boris)];
  await step(page, 'user-signed-out', async () => {
    await go(page, '/admin/users?q=boris');
    await page.getByRole('link', { name: 'Borís Lind' }).click();
    await page.getByRole('region', { name: 'Sessions' }).getByRole('rowheader').first().waitFor();
    await more(page, 'Sign out everywhere');
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByText(/^Borís Lind is signed out on \d+ devices\.$/).waitFor();
    await page.getByText('Not signed in anywhere.').waitFor();
    for (const device of devices) await until('each of them to be out', () => isOut(device));
  });
}

/** Whether the server no longer takes somebody's token. */
async function isOut({ token }) {
  const body = JSON.stringify({ query: '{ viewer { id } }' });
  const answer = await fetch(`${base}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body });
  return (await answer.json()).errors?.[0]?.extensions.code === 'UNAUTHENTICATED';
}

async function keepRooms(page, { amber, boris, cellar }) {
  await step(page, 'rooms', async () => {
    await go(page, '/admin/rooms');
    await names(page, ['Harbour watch', 'The old cellar']);
    await page.getByLabel('Search rooms').fill('the');
    await names(page, ['The old cellar']);
  });
  await step(page, 'room', async () => {
    await page.getByRole('link', { name: 'The old cellar' }).click();
    await page.getByRole('heading', { level: 1, name: 'The old cellar' }).waitFor();
    const role = page.getByRole('row', { name: /Borís Lind/ }).getByRole('combobox');
    assert.equal(await role.inputValue(), 'MEMBER');
    await role.selectOption({ label: 'Moderator' });
    await page.getByText('Borís Lind is “Moderator” now.').waitFor();
    assert.equal(await roleOf(boris, cellar), 'MODERATOR', 'although the administrator is no member');
  });
  await step(page, 'room-edit', async () => {
    await press(page, 'Edit');
    await fillIn(page.getByRole('dialog'), { Name: 'The new cellar', Description: 'Dry, and lit.' });
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'The new cellar' }).waitFor();
  });
  await step(page, 'room-archive', async () => {
    await press(page, 'Archive');
    await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
    await page.getByText('archived', { exact: true }).waitFor();
    const send = 'mutation($input: SendMessageInput!) { sendMessage(input: $input) { errors { code } } }';
    const refused = await ask(base, amber.token, send, { input: { roomId: cellar, text: 'Is anyone there?' } });
    assert.equal(refused.sendMessage.errors.length, 1, 'nobody adds to it');
    await press(page, 'Open again');
    await page.getByRole('dialog').getByRole('button', { name: 'Open again' }).click();
    await gone(page.getByText('archived', { exact: true }));
    await say(amber, cellar, 'Someone is.');
  });
  await step(page, 'room-member-removed', async () => {
    await press(page, 'Remove Borís Lind from the room');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await gone(page.getByRole('row', { name: /Borís Lind/ }));
  });
  await step(page, 'room-delete', async () => {
    await press(page, 'Delete');
    const button = page.getByRole('dialog').getByRole('button', { name: 'Delete' });
    assert.equal(await button.isDisabled(), true, 'only when its name is typed');
    await page.getByRole('dialog').getByRole('textbox').fill('The new cellar');
    await clean(page, 'room-delete');
    await button.click();
    await page.waitForURL('**/admin/rooms');
    await names(page, ['Harbour watch']);
  });
}

/** What a person is in a room, as they are told themselves. */
async function roleOf(person, roomId) {
  const { token } = await logIn(base, person);
  const { room } = await ask(base, token, 'query($id: ID!) { room(id: $id) { viewerRole } }', { id: roomId });
  return room.viewerRole;
}

async function keepMessages(page, { amber, found }) {
  await step(page, 'messages', async () => {
    await go(page, '/admin/messages');
    await page.getByText('Each search is written to the audit log with your name.').waitFor();
    await page.getByLabel('Words to find').fill('lantern');
    await press(page, 'Search');
    await until('three messages', async () => (await page.locator('mark').count()) === 3);
    await page.getByRole('switch', { name: 'Only with files' }).check();
    await page.getByRole('combobox', { name: 'In the room' }).fill('harb');
    await page.getByRole('option', { name: 'Harbour watch' }).click();
    await page.getByRole('combobox', { name: 'Written by' }).fill('amb');
    await page.getByRole('option', { name: /Amber Reyes/ }).click();
    await press(page, 'Search');
    await until('one message', async () => (await page.locator('mark').count()) === 1);
    await page.getByRole('link', { name: 'harbour.png' }).waitFor();
    await clean(page, 'messages');
  });
  await step(page, 'message-removed', async () => {
    await press(page, `Remove message ${found.seq} of Amber Reyes`);
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('This message was removed.').waitFor();
    const { node } = await ask(base, amber.token, 'query($id: ID!) { node(id: $id) { ... on Message { text deletedAt } } }', { id: found.id });
    assert.equal(node.text, '');
    assert.ok(node.deletedAt);
  });
}

async function keepSessionsAndFiles(page, { boris, harbour }) {
  await step(page, 'sessions', async () => {
    const other = await logIn(base, boris);
    await go(page, '/admin/sessions');
    await page.getByRole('combobox', { name: 'User' }).fill('bor');
    await page.getByRole('option', { name: /Borís Lind/ }).click();
    await until('only theirs', async () => (await page.getByRole('rowheader').allInnerTexts()).every((text) => text.includes('Borís')));
    await page.getByRole('button', { name: /^End the session of Borís Lind/ }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click();
    await page.getByText('Borís Lind is signed out on one device.').waitFor();
    await until('the session to be over', () => isOut(other));
  });
  await step(page, 'uploads', async () => {
    const bytes = png(400, 300, [[24, 90, 141], [245, 238, 226]]);
    const amber = await logIn(base, { username: 'amber' });
    const { ticket } = await mutate(base, amber.token, 'createUpload', { fileName: 'sea.png', contentType: 'image/png', byteSize: bytes.length }, 'ticket { id url headers { name value } }');
    await fetch(ticket.url, { method: 'PUT', headers: Object.fromEntries(ticket.headers.map(({ name, value }) => [name, value])), body: bytes });
    await say(amber, harbour, '', { uploadIds: [ticket.id] });
    await go(page, '/admin/uploads');
    const row = page.getByRole('row', { name: /sea\.png/ });
    await row.waitFor();
    assert.match(await row.innerText(), /Amber Reyes[\s\S]*Harbour watch/);
    await until('the picture to be drawn', () => row.locator('img[src*="/media/"]').first().evaluate((image) => image.naturalWidth > 0));
    await page.getByText(/in all$/).waitFor();
  });
}

async function readConfiguration(page) {
  await step(page, 'configuration', async () => {
    await go(page, '/admin/configuration');
    await page.getByLabel('Search settings').fill('secret');
    const row = page.getByRole('row', { name: /^secret/ });
    await row.waitFor();
    assert.doesNotMatch(await page.locator('body').innerText(), /kept-by-the-test/, 'a secret is masked');
    await page.getByLabel('Search settings').fill('bcrypt');
    await until('one setting', async () => (await page.getByRole('rowheader').count()) === 1);
    assert.match(await page.getByRole('row', { name: /bcrypt_cost/ }).innerText(), /4[\s\S]*(TERTULIA_BCRYPT_COST|command line)/);
    await page.getByLabel('Search settings').fill('');
  });
}

async function readAuditLog(page) {
  await step(page, 'audit', async () => {
    await go(page, '/admin/audit');
    const table = page.getByRole('table', { name: 'Audit log' });
    await table.waitFor();
    let missing = [];
    await until('all that was done', async () => {
      const text = await table.innerText();
      missing = DONE.filter((sentence) => !text.includes(sentence));
      return missing.length === 0;
    }).catch((error) => {
      throw new Error(`${error.message}; missing: ${missing.join('; ')}`);
    });
    await page.getByLabel('Action').selectOption({ label: 'Deleted a room' });
    await until('one entry', async () => (await page.getByRole('rowheader').count()) === 1);
    await page.getByLabel('Action').selectOption({ label: 'Any' });
  });
}

/** From the top of the page to a disabled account and back, without a pointer. */
async function byKeys(page) {
  await step(page, 'keys', async () => {
    await go(page, '/admin');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the page');
    await tabTo(page, 'Users');
    await page.keyboard.press('Enter');
    await until('the new page to be told', async () => (await focused(page)) === 'Users');
    await tabTo(page, 'New user');
    await page.keyboard.press('Tab');
    await page.keyboard.type('boris');
    await names(page, ['Borís Lind']);
    await tabTo(page, 'Borís Lind');
    await page.keyboard.press('Enter');
    await until('the person to be told', async () => (await focused(page)) === 'Borís Lind');
    await tabTo(page, 'More');
    await page.keyboard.press('Enter');
    await until('the first item to have the focus', async () => (await focused(page)) === 'Reset the password');
    await page.keyboard.press('End');
    await until('the last item to have it', async () => (await focused(page)) === 'Disable');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Disable the account of Borís Lind' }).waitFor();
    await page.keyboard.press('Escape');
    await gone(page.getByRole('dialog'));
    await until('the focus back on the menu’s button', async () => (await focused(page)) === 'More');
    await page.screenshot({ path: join(screenshots, 'keys-focus.png') });
  });
}

/** Every page: nothing serious for axe, light and dark, wide and on a phone, in both languages. */
async function looks(page) {
  for (const [name, path] of Object.entries(PAGES)) {
    await go(page, `/admin${path}${name === 'messages' ? '?q=lantern' : ''}`);
    for (const colorScheme of ['dark', 'light']) {
      await page.emulateMedia({ colorScheme });
      await settled(page);
      await shot(page, `wide-${name}-${colorScheme}`);
      await clean(page, `${name}, ${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 390, height: 844 });
  for (const [name, path] of Object.entries(PAGES)) {
    await go(page, `/admin${path}${name === 'messages' ? '?q=lantern' : ''}`);
    await settled(page);
    await shot(page, `phone-${name}`);
    assert.equal(await page.evaluate(() => document.querySelector('main').scrollWidth <= innerWidth), true, `${name} fits a phone`);
    await clean(page, `${name}, on a phone`);
  }
  await press(page, 'Open the menu');
  await shot(page, 'phone-menu');
  await clean(page, 'the menu of a phone');
  await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Users' }).click();
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  await page.setViewportSize({ width: 1360, height: 900 });
  await page.getByRole('button', { name: 'Ada Moreno' }).click();
  await page.getByRole('menuitem', { name: 'Español' }).click();
  await page.getByRole('heading', { name: 'Usuarios' }).waitFor();
  await go(page, '/admin/audit');
  await page.getByText('buscó en los mensajes de todas las salas').first().waitFor();
  await until('those it was done to', async () => (await page.getByText('…', { exact: true }).count()) === 0);
  assert.match(await page.getByRole('table').innerText(), /dio a Borís Lind otro papel en/);
  await shot(page, 'spanish-audit');
}

async function step(page, name, action) {
  try {
    await action();
  } catch (error) {
    await page.screenshot({ path: join(screenshots, `failed-${name}.png`) }).catch(() => {});
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
  await shot(page, name);
  console.log(`ok ${name}`);
}

function shot(page, name) {
  return page.screenshot({ path: join(screenshots, `${name}.png`), animations: 'disabled' });
}

async function go(page, path) {
  const answer = await page.goto(origin + path);
  if (answer) assert.equal(answer.status(), 200, path);
}

/** What was on its way has come. */
async function settled(page) {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await until('the page to be whole', async () => (await page.locator('[aria-busy=true], [role=status]:has(span)').count()) === 0);
}

async function clean(page, where) {
  assert.deepEqual(await findFaults(page), [], where);
}

async function press(page, name) {
  await page.getByRole('button', { name, exact: true }).click();
}

async function fillIn(within, fields) {
  for (const [label, text] of Object.entries(fields)) await within.getByLabel(new RegExp(`^${label}\\s*(\\(optional\\))?$`)).fill(text);
}

async function more(page, item) {
  await press(page, 'More');
  await page.getByRole('menuitem', { name: item }).click();
  await page.getByRole('dialog').waitFor();
}

/** The rows of the table, in order, by what names them. */
async function names(page, expected) {
  let seen;
  await until(`rows ${expected}`, async () => {
    seen = await page.locator('tbody').getByRole('link').allInnerTexts();
    return JSON.stringify(seen.filter((text) => expected.includes(text)).sort()) === JSON.stringify([...expected].sort()) && (await page.getByRole('rowheader').count()) === expected.length;
  }).catch((error) => {
    throw new Error(`${error.message}; there were ${seen}`);
  });
}

async function gone(locator) {
  await locator.waitFor({ state: 'detached' });
}

async function figure(page, name) {
  return page.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd').innerText();
}

function focused(page) {
  return page.evaluate(() => (document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim());
}

async function tabTo(page, name) {
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page)) === name) return;
  }
  throw new Error(`no key leads to “${name}”`);
}
