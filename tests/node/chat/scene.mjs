// A room with two people in it, and what they do in their browsers.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findFaults } from '../axe.mjs';
import { WAIT_MS, openBrowser, until, watch } from '../browser.mjs';
import { ask, makeRoom, signUp, windowOf } from '../people.mjs';
import { layWire } from '../wire.mjs';

/** Amber lives on the first node, Bruno on the second; everybody goes over a wire that can be cut. */
export async function setScene(amberBase, brunoBase, screenshots) {
  await mkdir(screenshots, { recursive: true });
  const stamp = Date.now().toString(36);
  const amber = await signUp(amberBase, `amber${stamp}`, 'Amber', 'Reyes');
  const bruno = { ...(await signUp(amberBase, `bruno${stamp}`, 'Bruno', 'Díaz')), base: brunoBase };
  const roomId = await makeRoom(amber, 'The corner table', [bruno]);
  const people = { amber, bruno };
  const wires = { amber: await layWire(amberBase), bruno: await layWire(brunoBase) };
  const browser = await openBrowser(wires.amber.origin);
  const panes = [];

  return {
    amber,
    bruno,
    roomId,
    /** The room in a window of somebody's. */
    open: async (who, name = who, options = {}) => {
      const pane = await openPane({ browser, name, person: people[who], wire: wires[who], roomId, options });
      panes.push(pane);
      return pane;
    },
    /** Runs a step, takes a picture of it, and has axe look at what it shows. */
    step: async (name, shown, action) => {
      try {
        await action();
        await until('what fades in to be there', () => shown.page.evaluate(isStill));
        assert.deepEqual(await findFaults(shown.page), [], 'what axe finds');
      } catch (error) {
        throw new Error(`${name}: ${error.message}`, { cause: error });
      }
      await shown.page.screenshot({ path: join(screenshots, `chat-${name}.png`) });
      console.log(`ok ${name}`);
    },
    assertFaultless: () => {
      for (const { name, faults } of panes) assert.deepEqual(faults(), [], `faults seen by ${name}'s browser`);
    },
    showFailure: async () => {
      for (const { name, page, faults } of panes) {
        await page.screenshot({ path: join(screenshots, `failed-${name}.png`) }).catch(() => {});
        console.error(name, faults());
      }
    },
    close: () => browser.close(),
  };
}

/** Whether nothing moves in a page but what moves for ever. */
function isStill() {
  return document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect.getComputedTiming().endTime === Infinity);
}

/** A room in somebody's browser, with what one does there. */
async function openPane({ browser, name, person, wire, roomId, options }) {
  const { context, page } = await windowOf(browser, person, wire.origin, options);
  page.setDefaultTimeout(WAIT_MS);
  const faults = watch(page, wire.origin);
  const forgiven = [];
  const field = page.getByRole('textbox', { name: /^Message to/ });
  const message = (text) => page.getByRole('article').filter({ hasText: text });
  await page.goto(`${wire.origin}/rooms/${roomId}`);
  await field.waitFor();
  return {
    name,
    page,
    origin: wire.origin,
    field,
    message,
    faults: () => faults.filter((fault) => !forgiven.some((pattern) => pattern.test(fault))),
    /** Names a fault that is part of the play. */
    forgive: (pattern) => forgiven.push(pattern),
    shows: async (text) => {
      await message(text).first().waitFor();
      assert.equal(await message(text).count(), 1, `${name} sees “${text}” once`);
    },
    /** The texts in the list, in order, without what stands around them. */
    texts: () =>
      page.getByRole('article').evaluateAll((articles) =>
        articles.flatMap((article) => {
          const text = article.querySelector('[class*="_text_"] > [dir="auto"]')?.textContent?.replace(/\s+/g, ' ').trim();
          return text ? [text] : [];
        }),
      ),
    write: async (text) => {
      await field.fill(text);
      await field.press('Enter');
      await until('the field to be empty', async () => (await field.inputValue()) === '');
    },
    /** Presses a button of a message's toolbar. */
    act: async (text, button) => {
      await message(text).hover();
      await message(text).getByRole('button', { name: button, exact: true }).click();
    },
    inSight: async (shown) => {
      const [box, list] = [await shown.boundingBox({ timeout: 1_000 }).catch(() => null), await page.getByRole('feed').boundingBox()];
      return box !== null && box.y >= list.y - 1 && box.y + box.height <= list.y + list.height + 1;
    },
    goAway: async () => {
      forgiven.push(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET|ERR_NETWORK_CHANGED|WebSocket connection/);
      await context.setOffline(true);
      wire.down();
    },
    comeBack: async () => {
      wire.up();
      await context.setOffline(false);
    },
    hide: (hidden) =>
      page.evaluate((state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden ? 'hidden' : 'visible'),
  };
}

export async function readBy(person, roomId) {
  const query = 'query($r: ID!) { room(id: $r) { viewerState { lastReadSeq unreadCount } } }';
  return (await ask(person.base, person.token, query, { r: roomId })).room.viewerState;
}

export async function newestOf(person, roomId) {
  const query = 'query($r: ID!) { room(id: $r) { messages(last: 1) { nodes { seq } } } }';
  return (await ask(person.base, person.token, query, { r: roomId })).room.messages.nodes[0].seq;
}

export async function idOf(person, roomId, text) {
  const query = 'query($r: ID!) { room(id: $r) { messages(first: 50) { nodes { id text } } } }';
  const { room } = await ask(person.base, person.token, query, { r: roomId });
  return room.messages.nodes.find((message) => message.text === text).id;
}
