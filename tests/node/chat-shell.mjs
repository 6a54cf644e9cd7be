// The chat around its messages, in Chromium against a real server: accounts, the list of rooms, people, members, settings,
// the connection. Each page is judged by axe and photographed in light, in dark and at the width of a phone.
//
//   node chat-shell.mjs http://HOST:PORT SCREENSHOT_DIR
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { atRest, findFaults } from './axe.mjs';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';
import { PASSWORD, ask, logIn, makeRoom, mutate, say, signUp } from './people.mjs';
import { png } from './png.mjs';
import { layWire } from './wire.mjs';

const [baseUrl, screenshots] = process.argv.slice(2);
if (!baseUrl || !screenshots) {
  console.error('usage: node chat-shell.mjs http://HOST:PORT SCREENSHOT_DIR');
  process.exit(2);
}
await mkdir(screenshots, { recursive: true });
const wire = await layWire(baseUrl);
const { origin } = wire;
const browser = await openBrowser(origin);

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
const LOOKS = [
  ['light', { colorScheme: 'light' }, DESKTOP],
  ['dark', { colorScheme: 'dark' }, DESKTOP],
  ['phone', { colorScheme: 'light' }, PHONE],
];

const stamp = Date.now().toString(36);
const boris = await signUp(baseUrl, `boris${stamp}`, 'Boris', 'Lindqvist');
const carmen = await signUp(baseUrl, `carmen${stamp}`, 'Carmen', 'de la Cruz');
const walks = await openRoomFor(boris, { name: `Walks ${stamp}`, description: 'Every other Sunday.', visibility: 'PUBLIC' });
const verses = await openRoomFor(boris, { name: `Verses ${stamp}`, visibility: 'PUBLIC', password: 'open sesame' });

const windows = [];
let failed = true;
try {
  const amber = await firstVisit();
  await rooms(amber);
  await members(amber);
  await joining(amber);
  await settings(amber);
  await keyboard(amber);
  await connection(amber);
  await phone(amber);
  await sessions(amber);
  const faults = windows.flatMap((window) => window.faults);
  assert.deepEqual(faults, [], 'faults seen by the browser');
  failed = false;
  console.log('chat-shell: every page works, looks right to axe, and stays on the server');
} catch (error) {
  console.error(error);
  for (const [index, { page, faults }] of windows.entries()) {
    await page.screenshot({ path: join(screenshots, `failed-${index}.png`) }).catch(() => {});
    console.error(faults);
  }
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0);
}

// ── accounts ────────────────────────────────────────────────────────────────────────────────────

async function firstVisit() {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB' });
  const page = await open(context);
  const name = `amber${stamp}`;

  await page.goto(`${origin}/rooms/${walks}`);
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  assert.equal(new URL(page.url()).search, `?next=${encodeURIComponent(`/rooms/${walks}`)}`, 'where one wanted to go is kept');
  await pictures(page, 'sign-in');

  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Please fill this in.').first().waitFor();
  await page.getByLabel('Username or e-mail').fill(name);
  await page.getByLabel('Password', { exact: true }).fill('not my password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').first().waitFor();

  await page.getByRole('button', { name: 'Español' }).click();
  await page.getByRole('heading', { name: 'Qué bien verte' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'es');
  await page.getByRole('button', { name: 'English' }).click();

  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByRole('heading', { name: 'Pull up a chair' }).waitFor();
  await page.getByLabel('Username').fill(boris.username);
  await page.getByLabel('E-mail').fill(`${name}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Create an account' }).click();
  await fieldSays(page, 'Password', /8/);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await fieldSays(page, 'Username', /./);
  await pictures(page, 'sign-up');
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('First name').fill('Amber');
  await page.getByLabel('Last name').fill('Reyes');
  await page.getByRole('button', { name: 'Create an account' }).click();

  // Back where one wanted to be: a public room that one is not in yet.
  await page.getByRole('button', { name: 'Join the room' }).waitFor();
  assert.equal(new URL(page.url()).pathname, `/rooms/${walks}`);
  await pictures(page, 'not-a-member');
  await page.getByRole('button', { name: 'Join the room' }).click();
  await listed(page, `Walks ${stamp}`);

  await page.reload();
  await listed(page, `Walks ${stamp}`);
  ok('accounts: signing up leads back to where one was, and a reload stays signed in');
  return { context, page, name, id: await idOf(name) };
}

// ── the list of rooms ───────────────────────────────────────────────────────────────────────────

async function rooms(amber) {
  const { page } = amber;
  await page.goto(origin);
  await listed(page, `Walks ${stamp}`);

  // A group, with Boris in it.
  await page.getByRole('button', { name: 'New conversation' }).click();
  const dialog = page.getByRole('dialog', { name: 'New conversation' });
  await dialog.getByText('A group').click();
  await dialog.getByRole('button', { name: 'Create the room' }).click();
  await dialog.getByText('Please fill this in.').waitFor();
  await dialog.getByLabel('Name of the room').fill('Tea at five');
  await dialog.getByLabel('What it is about').fill('Whoever is around.');
  await dialog.getByLabel('With whom?').fill(boris.username);
  await dialog.getByLabel(new RegExp(boris.username)).check();
  await pictures(page, 'new-group');
  await dialog.getByRole('button', { name: 'Create the room' }).click();
  await page.waitForURL(/\/rooms\//);
  amber.tea = roomOf(page);
  await page.getByRole('heading', { name: 'Tea at five' }).first().waitFor();

  // One person, and oneself.
  await page.getByRole('button', { name: 'New conversation' }).click();
  await dialog.getByLabel('With whom?').fill(carmen.username);
  await dialog.getByLabel(new RegExp(carmen.username)).check();
  await dialog.getByRole('button', { name: 'Start' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: carmen.name }).first().waitFor();
  amber.withCarmen = roomOf(page);
  await page.getByRole('button', { name: 'New conversation' }).click();
  await dialog.getByText('Notes to myself').click();
  await dialog.getByRole('button', { name: 'Open' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Notes to myself' }).first().waitFor();

  // What others say moves a room up and counts.
  await page.goto(origin);
  await listed(page, 'Notes to myself');
  await says(boris, amber.tea, 'Who brings scones?');
  await says(boris, amber.tea, 'And jam?');
  await until('two unread messages', async () => /2 unread messages/.test(await row(page, 'Tea at five').innerText()));
  assert.match(await row(page, 'Tea at five').innerText(), /Boris Lindqvist: And jam\?/);
  await until('the room to be the first', async () => /^Tea at five/m.test(await page.getByRole('link').filter({ has: page.locator('time') }).first().innerText()));
  await until('the tab to say so', async () => (await page.title()).startsWith('(2) '));
  const { message } = await does(boris, 'sendMessage', { roomId: amber.tea, text: 'Nothing.' }, 'message { id }');
  await does(boris, 'deleteMessage', { messageId: message.id });
  await until('the deleted one to say so', async () => /Message deleted/.test(await row(page, 'Tea at five').innerText()));
  await until('the deleted one not to count', async () => /2 unread messages/.test(await row(page, 'Tea at five').innerText()));
  await says(carmen, amber.withCarmen, 'Are you coming?');
  await until('Carmen to be the first', async () => /^Carmen/m.test(await page.getByRole('link').filter({ has: page.locator('time') }).first().innerText()));
  await pictures(page, 'list');
  await markedByHand(page);

  // Searching is without regard to case and accents.
  await page.getByRole('searchbox', { name: 'Search conversations' }).fill('TEÁ');
  await row(page, 'Tea at five').waitFor();
  await until('only what is searched for', async () => (await page.getByRole('link').filter({ has: page.locator('time') }).count()) === 1);
  await page.getByRole('searchbox', { name: 'Search conversations' }).press('Escape');
  await listed(page, carmen.name);

  // Someone opens a room with Amber in it: it is there at once.
  await makeRoom(await logIn(baseUrl, carmen), 'Surprise', [{ id: amber.id }]);
  await listed(page, 'Surprise');
  ok('rooms: made, found and ordered; what is unread is counted live');
}

/** Read and unread again, from a row's menu: by keys alone, and of the room that is open. */
async function markedByHand(page) {
  const tea = row(page, 'Tea at five');
  const menu = async (item) => {
    await tea.focus();
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'More about Tea at five');
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: item }).waitFor();
    await until('the first item to have the focus', async () => (await focused(page)) === item);
  };
  await menu('Mark as read');
  await page.keyboard.press('Enter');
  await until('nothing to be unread', async () => !/unread/.test(await tea.innerText()));
  await menu('Mark as unread');
  await pictures(page, 'row-menu');
  await page.keyboard.press('Enter');
  // The very last one was deleted, and counts for nothing.
  await until('the last message to be unread', async () => /1 unread message/.test(await tea.innerText()));

  await tea.click();
  await mayWrite(page);
  await until('the open room to be read', async () => !/unread/.test(await tea.innerText()));
  await menu('Mark as unread');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${origin}/`);
  await until('the room that was left to be unread', async () => /1 unread message/.test(await tea.innerText()));
}

// ── members and settings of a room ──────────────────────────────────────────────────────────────

async function members(amber) {
  const { page } = amber;
  await page.goto(`${origin}/rooms/${amber.tea}/details`);
  const details = page.getByRole('complementary', { name: 'Details' });
  await details.getByText(boris.name).waitFor();

  await details.getByRole('button', { name: 'Add people' }).click();
  const adding = page.getByRole('dialog', { name: /Add people/ });
  await adding.getByLabel('Search people').fill(carmen.username);
  await adding.getByLabel(new RegExp(carmen.username)).check();
  await adding.getByLabel('As', { exact: true }).selectOption({ label: 'reader' });
  await adding.getByRole('button', { name: 'Add 1 person' }).click();
  await adding.waitFor({ state: 'detached' });
  await until('Carmen to be a reader', async () => /reader/.test(await details.getByRole('listitem').filter({ hasText: carmen.name }).innerText()));
  await pictures(page, 'details');

  await details.getByRole('button', { name: `More about ${carmen.name}` }).click();
  await page.getByRole('menuitem', { name: 'Make moderator' }).click();
  await until('Carmen to be a moderator', async () => /moderator/.test(await details.getByRole('listitem').filter({ hasText: carmen.name }).innerText()));

  await details.getByRole('button', { name: `More about ${carmen.name}` }).click();
  await page.getByRole('menuitem', { name: 'Remove from the room' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove from the room' }).click();
  await details.getByRole('listitem').filter({ hasText: carmen.name }).waitFor({ state: 'detached' });
  await details.getByText('2 members').waitFor();

  await details.getByRole('button', { name: 'Room settings' }).click();
  const changing = page.getByRole('dialog', { name: 'Room settings' });
  await changing.getByLabel('Name of the room').fill('Tea at six');
  await changing.getByLabel('Password for joining', { exact: false }).first().fill('earl grey');
  await changing.getByLabel('Most members').fill('1');
  await changing.getByRole('button', { name: 'Save' }).click();
  await fieldSays(changing, 'Most members', /./);
  await changing.getByLabel('Most members').fill('20');
  await pictures(page, 'room-settings');
  await changing.getByRole('button', { name: 'Save' }).click();
  await changing.waitFor({ state: 'detached' });
  await listed(page, 'Tea at six');
  await page.getByRole('heading', { name: 'Tea at six' }).first().waitFor();

  amber.invite = await details.getByRole('textbox', { name: 'Invite link' }).inputValue();
  assert.equal(new URL(amber.invite).origin, origin, 'the link leads where one came from');

  // What another moderator does is seen as it happens.
  await does(boris, 'leaveRoom', { roomId: amber.tea });
  await details.getByText('1 member', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await details.waitFor({ state: 'detached' });
  ok('members: added, promoted, removed; the room’s terms changed');
}

// ── joining, finding, leaving, deleting ─────────────────────────────────────────────────────────

async function joining(amber) {
  // An invite link opens for who is signed out, asks for the password, and leads in.
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB' });
  const guest = await open(context);
  await guest.goto(amber.invite);
  await guest.getByText('Sign in to join the room you were invited to.').waitFor();
  await signIn(guest, carmen.username);
  await guest.getByRole('heading', { name: 'You were invited to a room' }).waitFor();
  await pictures(guest, 'invited');
  await guest.getByRole('button', { name: 'Join the room' }).click();
  await guest.getByLabel('The room’s password').fill('coffee');
  await guest.getByRole('button', { name: 'Join the room' }).click();
  await fieldSays(guest, 'The room’s password', /./);
  await guest.getByLabel('The room’s password').fill('earl grey');
  await guest.getByRole('button', { name: 'Join the room' }).click();
  await guest.waitForURL(`${origin}/rooms/${amber.tea}`);
  await listed(guest, 'Tea at six');
  await guest.goto(`${origin}/join/no-such-code`);
  await guest.getByRole('button', { name: 'Join the room' }).click();
  await guest.getByRole('heading', { name: 'This invitation is not good' }).waitFor();

  // Leaving takes it off the list.
  await guest.goto(`${origin}/rooms/${amber.tea}/details`);
  await guest.getByRole('button', { name: 'Leave the room' }).click();
  await guest.getByRole('dialog').getByRole('button', { name: 'Leave the room' }).click();
  await guest.waitForURL(`${origin}/`);
  await row(guest, 'Tea at six').waitFor({ state: 'detached' });
  await context.close();

  // People and public rooms.
  const { page } = amber;
  await page.goto(`${origin}/find`);
  await page.getByLabel('Beginning of a name').fill('Verses');
  const rooms = page.getByRole('region', { name: 'Public rooms' });
  await rooms.getByText(`Verses ${stamp}`).waitFor();
  await pictures(page, 'find');
  await rooms.getByRole('button', { name: `Join: Verses ${stamp}` }).click();
  await page.getByLabel('The room’s password').fill('open sesame');
  await page.getByRole('button', { name: 'Join the room' }).click();
  await listed(page, `Verses ${stamp}`);
  assert.equal(roomOf(page), verses);
  await page.goto(`${origin}/find?q=${boris.username}`);
  await page.getByRole('button', { name: new RegExp(`@${boris.username}`) }).click();
  await page.getByRole('heading', { name: boris.name }).first().waitFor();

  // A room that is deleted while it is open says so.
  const doomed = await makeRoom(await logIn(baseUrl, boris), 'Doomed', [{ id: amber.id }]);
  await page.goto(`${origin}/rooms/${doomed}`);
  await page.getByRole('heading', { name: 'Doomed' }).first().waitFor();
  await does(boris, 'deleteRoom', { roomId: doomed });
  await page.getByText('This room is not here').waitFor();
  await pictures(page, 'gone');
  await page.goto(`${origin}/rooms/no-such-room`);
  await page.getByText('This room is not here').waitFor();
  ok('joining: by link, by list and by name, with passwords; leaving and deleting');
}

// ── one's own account ───────────────────────────────────────────────────────────────────────────

async function settings(amber) {
  const { page } = amber;
  await page.goto(`${origin}/settings`);
  await page.getByRole('heading', { name: 'Picture' }).waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
  await page.getByText('Choose a picture: a JPEG').waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture either') });
  await page.getByText('Choose a picture: a JPEG').waitFor({ state: 'detached' });
  await page.getByRole('alert').filter({ hasText: /./ }).first().waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: png(200, 200) });
  await page.getByText('Your picture was changed.').waitFor();
  await until('the picture to show', () => page.locator('main img').evaluateAll((images) => images.some((image) => image.naturalWidth > 0)));
  await page.getByLabel('About you').fill('I bring scones.');
  await page.getByLabel('Username').fill(boris.username);
  await page.getByRole('button', { name: 'Save' }).click();
  await fieldSays(page, 'Username', /./);
  await page.getByLabel('Username').fill(amber.name);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Your profile was changed.').waitFor();
  await pictures(page, 'profile');

  await page.getByRole('link', { name: 'Appearance' }).click();
  await page.getByText('Dark', { exact: true }).click();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
  await page.getByText('Español', { exact: true }).click();
  await page.getByRole('heading', { name: 'Apariencia' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Apariencia' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark', 'a reload keeps the colours');
  await page.screenshot({ path: join(screenshots, 'appearance-es-dark.png') });
  await page.getByText('English', { exact: true }).click();
  await page.getByText('As the system has them').click();
  await pictures(page, 'appearance');

  await page.getByRole('link', { name: 'Notifications' }).click();
  await page.getByRole('switch').waitFor();
  await pictures(page, 'notifications');
  ok('settings: profile, picture, colours and language');
}

// ── keys alone ──────────────────────────────────────────────────────────────────────────────────

async function keyboard(amber) {
  const { page } = amber;
  await page.goto(origin);
  await listed(page, 'Tea at six');
  const names = await page.getByRole('link').filter({ has: page.locator('time') }).evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  await page.keyboard.press('Alt+ArrowDown');
  await page.waitForURL(`${origin}${names[0]}`);
  await page.keyboard.press('Alt+ArrowDown');
  await page.waitForURL(`${origin}${names[1]}`);
  await page.keyboard.press('Alt+ArrowUp');
  await page.waitForURL(`${origin}${names[0]}`);

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Name of a conversation' }).waitFor();
  await page.keyboard.type('notes');
  await pictures(page, 'switcher');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Notes to myself' }).first().waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  // From the top of the page: the skip link, then the list's controls.
  await page.goto(origin);
  await listed(page, 'Tea at six');
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Skip to the conversation');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await page.getByRole('searchbox', { name: 'Search conversations' }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${origin}${names[1]}`);
  await mayWrite(page);

  // A menu and a dialog give the focus back.
  await page.getByRole('button', { name: 'Your account' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
  await page.keyboard.press('Escape');
  await until('the focus back on the menu’s button', async () => (await focused(page)) === 'Your account');
  await page.getByRole('button', { name: 'New conversation' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await until('the focus back on the dialog’s button', async () => (await focused(page)) === 'New conversation');
  ok('keyboard: everything is reached and left without a pointer');
}

// ── the connection ──────────────────────────────────────────────────────────────────────────────

async function connection(amber) {
  const { page } = amber;
  await page.goto(origin);
  await listed(page, 'Surprise');
  const window = windows.find((each) => each.page === page);
  const before = window.faults.length;
  wire.down();
  await page.getByText('The connection was lost.').waitFor();
  await page.screenshot({ path: join(screenshots, 'connection-lost.png') });
  await says(carmen, amber.withCarmen, 'You missed this.');
  wire.up();
  await page.getByText('You are back. Nothing was missed.').waitFor();
  await until('what was missed', async () => /You missed this\./.test(await row(page, carmen.name).innerText()));
  // What the browser says about the cut is what the test wanted.
  window.faults.splice(before);

  // What is asked while nothing gets through says what to do, and does it.
  await page.goto(`${origin}/find`);
  const people = page.getByRole('region', { name: 'People' });
  await people.getByRole('listitem').first().waitFor();
  wire.down();
  await page.getByLabel('Beginning of a name').fill(carmen.username);
  await people.getByText('The server cannot be reached.', { exact: false }).waitFor();
  wire.up();
  await people.getByRole('button', { name: 'Try again' }).click();
  await people.getByText(`@${carmen.username}`).waitFor();
  await page.getByText('The connection was lost.').waitFor({ state: 'detached' });
  window.faults.splice(before);
  ok('connection: a cut is told, and what came meanwhile is there after it');
}

// ── the width of a phone ────────────────────────────────────────────────────────────────────────

async function phone(amber) {
  const { page } = amber;
  await page.setViewportSize(PHONE);
  await page.goto(origin);
  await row(page, 'Tea at six').click();
  await page.getByRole('heading', { name: 'Tea at six' }).first().waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Conversations' }).isVisible(), false, 'one region at a time');
  await page.getByRole('button', { name: 'Details' }).click();
  await page.getByRole('complementary', { name: 'Details' }).waitFor();
  assert.deepEqual(await tooWide(page), [], 'nothing is wider than the screen');
  await page.getByRole('button', { name: 'Hide details' }).last().click();
  await page.getByRole('button', { name: 'Back' }).click();
  await row(page, 'Tea at six').waitFor();
  for (const path of ['/', '/find', '/settings/profile', '/settings/security', '/settings/appearance', `/rooms/${amber.tea}`, `/rooms/${amber.tea}/details`]) {
    await page.goto(origin + path);
    await page.getByRole('main').or(page.getByRole('navigation', { name: 'Conversations' })).first().waitFor();
    await until(`${path} to be drawn`, async () => (await page.getByRole('status', { name: 'Loading…' }).count()) === 0);
    assert.deepEqual(await tooWide(page), [], `${path} fits`);
  }
  await page.setViewportSize(DESKTOP);
  ok('phone: one region at a time, and back again');
}

// ── sessions ────────────────────────────────────────────────────────────────────────────────────

async function sessions(amber) {
  const { page, context } = amber;
  // Another device, signed out from here: it is led to sign in, and then back.
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const elsewhere = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', userAgent });
  const other = await open(elsewhere);
  await other.goto(`${origin}/rooms/${amber.tea}`);
  await signIn(other, amber.name);
  await listed(other, 'Tea at six');
  await page.goto(`${origin}/settings/security`);
  await page.getByText('Firefox · Linux').waitFor();
  await pictures(page, 'security');
  await page.getByRole('button', { name: 'Sign out Firefox · Linux' }).first().click();
  await page.getByText(/signed out\.$/).waitFor();
  await other.getByText('Your session has ended.', { exact: false }).waitFor();
  await pictures(other, 'session-ended');
  await signIn(other, amber.name);
  await other.waitForURL(`${origin}/rooms/${amber.tea}`);

  // A new password ends all others, and keeps this one.
  await page.getByLabel('Your password now').fill('not my password');
  await page.getByLabel('New password').fill('another quiet corner');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await fieldSays(page, 'Your password now', /./);
  await page.getByLabel('Your password now').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByText('Your password was changed', { exact: false }).waitFor();
  await other.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await elsewhere.close();
  await page.goto(origin);
  await listed(page, 'Tea at six');

  // Two tabs renew together and sign out together.
  const second = await open(context);
  await second.goto(origin);
  await listed(second, 'Tea at six');
  // What it still asks for would be refused once the session is over.
  await second.waitForLoadState('networkidle');
  await page.getByRole('button', { name: 'Your account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  for (const each of [page, second]) await each.getByRole('heading', { name: 'Welcome back' }).waitFor();
  assert.equal(new URL(second.url()).search, '', 'who signs out begins anew');
  await page.goto(`${origin}/sign-in?next=//evil.example/`);
  await signIn(page, amber.name, 'another quiet corner');
  await page.waitForURL(`${origin}/`);
  await page.goto(`${origin}/sign-out`);
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  ok('sessions: ended here, ended elsewhere, in every tab');
}

// ── what the steps are made of ──────────────────────────────────────────────────────────────────

/** Axe's word and a photograph of what is open, in each look. */
async function pictures(page, name) {
  for (const [look, media, viewport] of LOOKS) {
    await page.emulateMedia(media);
    await page.setViewportSize(viewport);
    await atRest(page);
    await page.screenshot({ path: join(screenshots, `${name}-${look}.png`) });
    assert.deepEqual(await findFaults(page), [], `${name} in ${look}, as axe sees it`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(DESKTOP);
}

/** What can be scrolled sideways, other than a row of tabs. */
function tooWide(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX))
      .filter((element) => element.tagName !== 'NAV')
      .map(({ tagName, className }) => `${tagName}.${className}`),
  );
}

async function open(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  windows.push({ page, faults: watch(page, origin) });
  return page;
}

function row(page, name) {
  return page.getByRole('link').filter({ has: page.locator('time') }).filter({ hasText: name });
}

async function listed(page, name) {
  await row(page, name).first().waitFor();
}

/** The field is marked as wrong, and says why. */
async function fieldSays(scope, label, what) {
  const field = scope.getByLabel(label, { exact: label === 'Password' }).first();
  await until(`${label} to be marked`, async () => (await field.getAttribute('aria-invalid')) === 'true');
  const [id] = (await field.getAttribute('aria-describedby')).split(' ');
  assert.match(await scope.locator(`[id="${id}"]`).innerText(), what);
}

function focused(page) {
  return page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
}

/** A room is open when one can write in it at once. */
async function mayWrite(page) {
  await until('the field for messages to have the focus', () => page.evaluate(() => document.activeElement?.tagName === 'TEXTAREA'));
}

function roomOf(page) {
  return new URL(page.url()).pathname.split('/')[2];
}

async function signIn(page, name, password = PASSWORD) {
  await page.getByLabel('Username or e-mail').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function idOf(username) {
  const data = await ask(baseUrl, (await logIn(baseUrl, boris)).token, 'query($search: String) { users(filter: { search: $search }) { nodes { id } } }', { search: username });
  return data.users.nodes[0].id;
}

/** What someone does on a device of their own. Signed in anew each time: tokens may be short-lived here. */
async function does(person, field, input, selection) {
  return mutate(baseUrl, (await logIn(baseUrl, person)).token, field, input, selection);
}

async function says(person, roomId, text) {
  return say(await logIn(baseUrl, person), roomId, text);
}

async function openRoomFor(person, terms) {
  const { room } = await does(person, 'createRoom', terms, 'room { id }');
  return room.id;
}

function ok(what) {
  console.log(`ok ${what}`);
}
