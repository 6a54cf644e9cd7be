// Opens the built pages of examples/ in Chromium, each as two people who talk: they list rooms, page back, see what the
// other sends, are cut off and come back to each message once. Each person has a wire of their own to the server, whose
// access tokens last a few seconds.
//
//   node examples.mjs http://HOST:PORT SCREENSHOT_DIR http://PAGES      CHROMIUM=/path/to/chromium for another browser
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WAIT_MS, openBrowser, until } from './browser.mjs';
import { Person, wire } from './live.mjs';

const [, screenshots, pages] = process.argv.slice(2);
if (!screenshots || !pages) {
  console.error('usage: node examples.mjs http://HOST:PORT SCREENSHOT_DIR http://PAGES');
  process.exit(2);
}
const EXAMPLES = ['apollo', 'urql', 'relay'];
/** Two pages and a bit, as the examples load 20 at a time. */
const STORED = 45;
/** A page of rooms and a bit. */
const ROOMS = 24;

/** One person before a page. */
class Seat {
  faults = [];
  sockets = 0;
  #isOffline = false;

  constructor(context, page, line) {
    Object.assign(this, { context, page, line });
    page.on('websocket', () => (this.sockets += 1));
    page.on('pageerror', (error) => this.faults.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !this.#isOffline) this.faults.push(`console: ${message.text()}`);
    });
  }

  /** Opens the room that both are in. */
  async chooseRoom(preview = '') {
    await this.#room(preview).first().click();
  }

  async chooseOtherRoom() {
    await this.#room('one').first().click();
    await this.shows(['one'], 'the other room');
  }

  #room(preview) {
    return this.page.getByRole('navigation').getByRole('button', { name: `Den ${preview}` });
  }

  async shows(expected, what) {
    const items = this.page.getByRole('list', { name: 'Messages' }).getByRole('listitem').filter({ hasNot: this.page.getByRole('button') });
    let found;
    const matches = async () => {
      // Without the sender's name, which stands first.
      found = (await items.allInnerTexts()).map((text) => text.replace(/^\S+ /, ''));
      return JSON.stringify(found) === JSON.stringify(expected);
    };
    await until(what, matches).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(found)} and not ${JSON.stringify(expected)}`);
    });
  }

  async send(text) {
    await this.page.getByLabel('Message', { exact: true }).fill(text);
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
    await until('the message to be taken', async () => (await this.page.getByLabel('Message', { exact: true }).inputValue()) === '');
    return text;
  }

  async tryToSend(text) {
    await this.page.getByLabel('Message', { exact: true }).fill(text);
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
    await this.page.getByText('It is not stored twice.').waitFor();
  }

  async says(text) {
    await this.page.getByRole('status').getByText(text).waitFor();
  }

  async goOffline() {
    this.#isOffline = true;
    await this.context.setOffline(true);
    this.line.cut();
    await this.says('Offline');
  }

  async goOnline() {
    await this.context.setOffline(false);
    await this.says('Live');
    this.#isOffline = false;
  }
}

await mkdir(screenshots, { recursive: true });
const browser = await openBrowser(pages);
let failed = false;
const open = [];
try {
  for (const example of EXAMPLES) {
    await talk(example);
    console.log(`ok ${example}`);
  }
  console.log('examples: all three list, page back, stay live and come back complete');
} catch (error) {
  failed = true;
  console.error(`examples: ${error.message}`);
  for (const [index, { page }] of open.entries()) {
    await page.screenshot({ path: join(screenshots, `failure-${index}.png`) }).catch(() => {});
  }
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);

async function talk(example) {
  const [amber, boris] = [await Person.signUp(`amber_${example}`), await Person.signUp(`boris_${example}`)];
  const { viewer } = await boris.ask('{ viewer { id } }');
  await amber.ask(
    'mutation($room: ID!, $user: ID!) { addMembers(input: { roomId: $room, userIds: [$user] }) { errors { code } } }',
    { room: amber.room, user: viewer.id },
  );
  for (let n = 2; n <= ROOMS; n += 1) {
    await amber.ask('mutation { createRoom(input: { name: "Attic" }) { errors { code } } }');
  }
  const expected = ['one'];
  for (let n = 2; n <= STORED; n += 1) expected.push(await say(amber, `message ${n}`));

  const [hers, his] = [await enter(example, 'amber'), await enter(example, 'boris')];
  const rooms = hers.page.getByRole('navigation').getByRole('listitem');
  await until('a page of rooms', async () => (await rooms.count()) === 20);
  await hers.page.getByRole('button', { name: 'More rooms' }).click();
  await until('all rooms', async () => (await rooms.count()) === ROOMS);
  for (const each of [hers, his]) {
    await each.chooseRoom(`message ${STORED}`);
    await each.shows(expected.slice(-20), 'the newest page');
    for (let shown = 40; shown < STORED + 20; shown += 20) {
      await each.page.getByRole('button', { name: 'Earlier messages' }).click();
      await each.shows(expected.slice(-shown), 'with the page before');
    }
    await until('no button for what is not there', async () => (await each.page.getByText('Earlier messages').count()) === 0);
    await each.says('Live');
  }

  expected.push(await hers.send('Good evening.'));
  for (const each of [hers, his]) await each.shows(expected, 'a live message');
  expected.push(await his.send('And to you.'));
  for (const each of [hers, his]) await each.shows(expected, 'an answer');
  const preview = await his.page.getByRole('navigation').getByText('And to you.').count();
  assert.equal(preview, 1, 'the list of rooms shows the last message');

  await his.goOffline();
  for (const text of ['Are you there?', 'Boris?', 'Tea is ready.']) expected.push(await hers.send(text));
  await hers.shows(expected, 'her own');
  await his.tryToSend('I was cut off.');
  await his.shows(expected.slice(0, -3), 'nothing came meanwhile');
  await his.page.screenshot({ path: join(screenshots, `${example}-offline.png`) });
  await his.goOnline();
  await his.shows(expected, 'each missed message once');
  await his.says('Live');
  await his.page.getByRole('button', { name: 'Send', exact: true }).click();
  expected.push('I was cut off.');
  for (const each of [hers, his]) await each.shows(expected, 'what was repeated, once');

  const { room } = await amber.ask('query($id: ID!) { room(id: $id) { messages(last: 2) { nodes { id sender { username } } } } }', {
    id: amber.room,
  });
  const [tea, cutOff] = room.messages.nodes;
  await amber.ask('mutation($id: ID!) { editMessage(input: { messageId: $id, text: "Tea is cold." }) { errors { code } } }', { id: tea.id });
  await boris.ask('mutation($id: ID!) { deleteMessage(input: { messageId: $id }) { errors { code } } }', { id: cutOff.id });
  expected.splice(-2, 2, 'Tea is cold.', 'deleted');
  for (const each of [hers, his]) await each.shows(expected, 'an edit and a deletion');
  await hers.page.screenshot({ path: join(screenshots, `${example}.png`) });

  // Back in a room that is in the cache: it goes on from where it stood.
  await his.chooseOtherRoom();
  expected.push(await hers.send('Once more.'));
  await his.chooseRoom();
  await his.shows(expected, 'what came while another room was open');

  assert.equal(hers.sockets, 1, 'tokens ran out meanwhile, and her socket was renewed each time');
  for (const each of [hers, his]) {
    assert.deepEqual(each.faults, [], 'faults seen by the browser');
    await each.page.getByRole('button', { name: 'Sign out' }).click();
    await each.page.getByRole('button', { name: 'Sign in' }).waitFor();
    await each.context.close();
  }
  open.length = 0;
}

async function say(person, text) {
  await person.say(text);
  return text;
}

/** Opens the page, and signs in. */
async function enter(example, name) {
  const line = await wire();
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const seat = new Seat(context, page, line);
  open.push(seat);
  await page.goto(`${pages}/${example}/`);
  await page.getByLabel('Server').fill(line.origin);
  await page.getByLabel('Name').fill(`${name}_${example}`);
  await page.getByLabel('Password').fill('a wrong phrase');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill('a long enough phrase');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation').waitFor();
  return seat;
}
