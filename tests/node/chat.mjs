// Two people talk in two browsers: everything the message pane does, by pointer and by keys, with a network that goes away.
// A picture is taken after each step.
//
//   node chat.mjs http://NODE http://OTHER_NODE SCREENSHOT_DIR [short]
//
// Amber's browser uses the first node, Bruno's the second; they may be the same. `short` leaves out what does not depend on
// how messages travel.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findFaults } from './axe.mjs';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';
import { ask, makeRoom, say, signUp, windowOf } from './people.mjs';
import { png } from './png.mjs';
import { layWire } from './wire.mjs';

const [amberBase, brunoBase, screenshots, extent] = process.argv.slice(2);
if (!amberBase || !brunoBase || !screenshots) {
  console.error('usage: node chat.mjs http://NODE http://OTHER_NODE SCREENSHOT_DIR [short]');
  process.exit(2);
}
await mkdir(screenshots, { recursive: true });

const stamp = Date.now().toString(36);
const amber = await signUp(amberBase, `amber${stamp}`, 'Amber', 'Reyes');
const bruno = await signUp(amberBase, `bruno${stamp}`, 'Bruno', 'Díaz');
const roomId = await makeRoom(amber, 'The corner table', [bruno]);

const wires = { amber: await layWire(amberBase), bruno: await layWire(brunoBase) };
const browser = await openBrowser(wires.amber.origin);
const panes = [];
let failed = true;
try {
  const [a, b] = [await openPane('amber', amber), await openPane('bruno', bruno)];
  await talk(a, b);
  await travel(a, b);
  if (extent !== 'short') {
    await refine(a, b);
    await byKeys(a, b);
    await onAPhone(b);
  }
  for (const { name, faults } of panes) assert.deepEqual(faults, [], `faults seen by ${name}'s browser`);
  failed = false;
  console.log('chat: two people talked, and each has everything once');
} catch (error) {
  console.error(error);
  for (const { name, page, faults } of panes) {
    await page.screenshot({ path: join(screenshots, `failed-${name}.png`) }).catch(() => {});
    console.error(name, faults);
  }
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0);
}

/** They say things, answer, react, change their minds, and send pictures. */
async function talk(a, b) {
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

  await step('pictures', b, async () => {
    await a.page.setInputFiles('input[type=file]', { name: 'tiles.png', mimeType: 'image/png', buffer: png(640, 400) });
    await a.page.getByRole('listitem').filter({ hasText: 'tiles.png' }).waitFor();
    await a.write('By the button,');
    await paste(a, 'pasted.png', png(300, 500));
    await a.page.getByRole('listitem').filter({ hasText: 'pasted.png' }).waitFor();
    await a.write('and by pasting.');
    for (const pane of [a, b]) {
      for (const [text, name] of [['By the button', 'tiles.png'], ['and by pasting', 'pasted.png']]) {
        const frame = pane.message(text).getByRole('button', { name: `Open image ${name}` });
        await frame.waitFor();
        await until(`${name} to be drawn`, () => frame.locator('img').evaluate((image) => image.complete && image.naturalWidth > 0));
      }
    }
    await b.message('By the button').getByRole('button', { name: 'Open image tiles.png' }).click();
    const large = b.page.getByRole('dialog', { name: 'tiles.png' }).getByRole('img');
    await until('the whole picture', () => large.evaluate((image) => image.complete && image.naturalWidth === 640));
  });
  await b.page.keyboard.press('Escape');

  await step('read', a, async () => {
    await a.message('and by pasting').getByRole('img', { name: 'Read by Bruno Díaz' }).waitFor();
  });
}

/** The network goes away and comes back; tabs are hidden; messages fail and are tried again. */
async function travel(a, b) {
  await step('away', b, async () => {
    await b.goAway();
    for (const number of [1, 2, 3, 4, 5]) await a.write(`You miss this, ${number}.`);
    await b.write('Written under way, 1.');
    await b.write('Written under way, 2.');
    await b.message('Written under way, 1.').getByRole('img', { name: /Waiting|Sending/ }).waitFor();
    assert.equal(await b.message('You miss this').count(), 0);
  });

  await step('back', b, async () => {
    await b.comeBack();
    for (const pane of [a, b]) {
      await pane.shows('Written under way, 2.');
      await pane.shows('You miss this, 5.');
    }
    await b.message('Written under way, 2.').getByRole('img', { name: 'Sent' }).waitFor();
    const wanted = [1, 2, 3, 4, 5].map((number) => `You miss this, ${number}.`).concat('Written under way, 1.', 'Written under way, 2.');
    for (const pane of [a, b]) assert.deepEqual((await pane.texts()).slice(-7), wanted);
  });

  await step('refused', b, async () => {
    await refuseSends(b);
    await b.write('This one is refused at first.');
    await b.page.getByText('The dog ate it.').waitFor();
  });

  await step('tried-again', a, async () => {
    await b.page.unroute('**/graphql');
    await b.page.getByRole('button', { name: 'Try again' }).click();
    await a.shows('This one is refused at first.');
    assert.equal(await a.message('This one is refused').count(), 1);
    await b.message('This one is refused').getByRole('img', { name: 'Sent' }).waitFor();
  });

  await step('reloaded', b, async () => {
    await loseSends(b);
    for (const text of ['Kept over a reload, 1.', 'Kept over a reload, 2.']) await b.write(text);
    await b.message('Kept over a reload, 2.').waitFor();
    await b.page.reload();
    await b.message('Kept over a reload, 2.').getByRole('img', { name: /Waiting|Sending/ }).waitFor();
    await b.page.unroute('**/graphql');
    await a.shows('Kept over a reload, 2.');
    await b.message('Kept over a reload, 2.').getByRole('img', { name: 'Sent' }).waitFor();
    for (const pane of [a, b]) assert.deepEqual((await pane.texts()).slice(-2), ['Kept over a reload, 1.', 'Kept over a reload, 2.']);
  });

  await step('hidden', b, async () => {
    await until('all to be read', async () => (await readBy(bruno)).unreadCount === 0);
    const before = await readBy(bruno);
    await b.hide(true);
    await a.write('Nobody looks at this.');
    await b.shows('Nobody looks at this.');
    // Longer than it takes to tell what was read.
    await b.page.waitForTimeout(1_500);
    assert.deepEqual(await readBy(bruno), { lastReadSeq: before.lastReadSeq, unreadCount: 1 });
    await b.page.getByText('New messages', { exact: true }).waitFor();
    await b.hide(false);
    await until('it to be read', async () => (await readBy(bruno)).unreadCount === 0);
  });
}

/** What is seen before anything is sent, what is found again, and how a room opens. */
async function refine(a, b) {
  await step('refused-files', a, async () => {
    await a.page.setInputFiles('input[type=file]', [
      { name: 'film.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(2_000_000) },
      { name: 'broken.png', mimeType: 'image/png', buffer: png(300, 300).subarray(0, 300) },
    ]);
    await a.page.getByText('film.mp4 has 1.9 MB; this server takes files of at most').waitFor();
    const chip = a.page.getByRole('listitem').filter({ hasText: 'broken.png' });
    await chip.getByRole('alert').waitFor();
    assert.notEqual((await chip.getByRole('alert').innerText()).trim(), '');
    await a.page.getByRole('button', { name: 'Remove broken.png' }).click();
  });

  await step('dropped', b, async () => {
    await drop(a, 'minutes.txt', 'Nothing was decided.');
    await a.page.getByRole('listitem').filter({ hasText: 'minutes.txt' }).waitFor();
    await a.field.press('Enter');
    await b.message('minutes.txt').getByRole('link', { name: /Download minutes\.txt 20 bytes/ }).waitFor();
    const loading = b.page.waitForEvent('download');
    await b.message('minutes.txt').getByRole('link').click();
    assert.equal((await loading).suggestedFilename(), 'minutes.txt');
  });

  await step('hostile', b, async () => {
    const text = '<img src=x onerror=alert(1)> javascript:alert(1) data:text/html,<b>x</b> \u202etxt.exe';
    await a.write(text);
    await b.shows('<img src=x onerror=alert(1)>');
    assert.equal(await b.message('<img src=x').locator('img, a').count(), 0);
    await a.write('a'.repeat(600));
    await a.write('שלום לכולם');
    await a.write('🎉🎉');
    await b.shows('🎉🎉');
    const feed = b.page.getByRole('feed');
    assert.ok(await feed.evaluate((list) => list.scrollWidth <= list.clientWidth), 'long words break');
  });

  await step('opened-at-new', b, async () => {
    await b.page.goto(b.origin);
    await b.page.getByText('The corner table').first().waitFor();
    const texts = Array.from({ length: 60 }, (_, index) => `While you were out, ${index + 1}.`);
    for (const text of texts) await say(amber, roomId, text);
    await b.page.goto(`${b.origin}/rooms/${roomId}`);
    await b.page.getByText('New messages', { exact: true }).waitFor();
    const first = b.message('While you were out, 1.');
    await until('the first of them in sight', () => inSight(b, first));
    await b.page.getByRole('button', { name: /new messages$/ }).click();
    await until('the newest in sight', () => inSight(b, b.message('While you were out, 60.')));
    await until('all to be read', async () => (await readBy(bruno)).unreadCount === 0);
  });

  await step('paged', b, async () => {
    await b.page.getByRole('feed').hover();
    await until('the beginning', async () => {
      await b.page.mouse.wheel(0, -3_000);
      return b.page.getByText('The conversation begins here.').isVisible();
    });
    await b.page.getByText('Good evening, all of you.').first().waitFor();
  });

  await step('found', b, async () => {
    await b.page.getByRole('button', { name: 'Search messages' }).click();
    await b.page.getByRole('searchbox', { name: 'Words to look for' }).fill('while out 33');
    await b.page.getByRole('button', { name: /While you were out, 33\./ }).click();
    await until('what was found in sight', () => inSight(b, b.message('While you were out, 33.')));
  });

  await step('quoted', b, async () => {
    await b.page.getByRole('button', { name: 'To the newest message' }).click();
    await b.act('While you were out, 60.', 'Reply');
    await b.write('I am back.');
    await b.page.goto(`${b.origin}/rooms/${roomId}?m=${encodeURIComponent(await idOf('A good one it is.'))}`);
    await until('the message of the link in sight', () => inSight(b, b.message('A good one it is.')));
    await b.message('A good one it is.').getByRole('button', { name: /Good evening, all of you/ }).click();
    await until('what is quoted in sight', () => inSight(b, b.message('Good evening, all of you.')));
  });

  await step('dark', a, async () => {
    await a.page.emulateMedia({ colorScheme: 'dark' });
    await a.page.getByRole('button', { name: /newest|new message/ }).click({ timeout: 2_000 }).catch(() => {});
  });
  await a.page.emulateMedia({ colorScheme: 'light' });
}

/** All of it with the keyboard alone. */
async function byKeys(a) {
  const focused = () => a.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  await step('by-keys', a, async () => {
    await a.write('To be judged by keys.');
    await a.message('To be judged').getByRole('img', { name: 'Sent' }).waitFor();
    await until('the list to have the focus', async () => {
      await a.page.keyboard.press('Shift+Tab');
      return /To be judged by keys\.$/.test(await focused());
    });
    await a.page.keyboard.press('ArrowUp');
    await until('the message before', async () => !/To be judged/.test(await focused()));
    await a.page.keyboard.press('ArrowDown');
    await until('the message after', async () => /To be judged/.test(await focused()));
    await a.page.keyboard.press('r');
    await until('the field', async () => /^Message to/.test(await focused()));
    await a.page.keyboard.type('Answered by keys.');
    await a.page.keyboard.press('Enter');
    await a.message('Answered by keys.').getByRole('button', { name: /To be judged/ }).waitFor();

    await until('the list to have the focus again', async () => {
      await a.page.keyboard.press('Shift+Tab');
      return /To be judged by keys\.$|Answered by keys/.test(await focused());
    });
    await a.page.keyboard.press('+');
    await a.page.getByRole('searchbox', { name: 'Search emoji' }).waitFor();
    await a.page.keyboard.type('cat face');
    await a.page.getByRole('dialog', { name: 'Emoji' }).getByText('🐱').first().waitFor();
    await a.page.keyboard.press('Enter');
    await a.page.getByRole('button', { name: /, 1, yours too/ }).last().waitFor();
    await a.page.keyboard.press('Escape');
    await a.page.keyboard.press('Shift+Tab');
  });

  await step('keys', a, async () => {
    await a.page.getByRole('feed').getByRole('article').last().focus();
    await a.page.keyboard.press('?');
    await a.page.getByRole('dialog', { name: 'Keys' }).waitFor();
  });
  await a.page.keyboard.press('Escape');

  await step('deleted-by-keys', a, async () => {
    await a.message('Answered by keys.').focus();
    await a.page.keyboard.press('Delete');
    await a.page.getByRole('dialog', { name: 'Delete this message?' }).waitFor();
    await a.page.keyboard.press('Tab');
    await until('the button', async () => (await a.page.evaluate(() => document.activeElement?.textContent)) === 'Delete' || (await a.page.keyboard.press('Tab'), false));
    await a.page.keyboard.press('Enter');
    await until('it to be gone', async () => (await a.message('Answered by keys.').count()) === 0);
  });
}

async function onAPhone(b) {
  const phone = await openPane('phone', bruno, { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, colorScheme: 'dark' });
  await step('phone-dark', phone, async () => {
    await phone.shows('To be judged by keys.');
    assert.ok(await phone.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the phone');
    await phone.field.tap();
    await phone.field.fill('From my phone.');
    await phone.page.getByRole('button', { name: 'Send' }).tap();
    await b.shows('From my phone.');
  });
  await step('phone-actions', phone, async () => {
    await phone.message('To be judged').getByText('To be judged').tap();
    await phone.message('To be judged').getByRole('button', { name: 'React', exact: true }).tap();
    await phone.page.getByRole('dialog', { name: 'Emoji' }).getByRole('button', { name: '👍' }).first().tap();
    await phone.message('To be judged').getByRole('button', { name: /👍, 1, yours too/ }).waitFor();
  });
}

/** A room in somebody's browser, with what one does there. */
async function openPane(name, person, options = {}) {
  const wire = wires[name] ?? wires.bruno;
  const { context, page } = await windowOf(browser, person, wire.origin, options);
  page.setDefaultTimeout(WAIT_MS);
  const faults = watch(page, wire.origin);
  const pane = {
    name,
    page,
    faults,
    origin: wire.origin,
    field: page.getByRole('textbox', { name: /^Message to/ }),
    message: (text) => page.getByRole('article').filter({ hasText: text }),
    shows: async (text) => {
      await page.getByRole('article').filter({ hasText: text }).first().waitFor();
      assert.equal(await page.getByRole('article').filter({ hasText: text }).count(), 1, `${name} sees “${text}” once`);
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
      await pane.field.fill(text);
      await pane.field.press('Enter');
      await until('the field to be empty', async () => (await pane.field.inputValue()) === '');
    },
    /** Presses a button of a message's toolbar. */
    act: async (text, button) => {
      await pane.message(text).hover();
      await pane.message(text).getByRole('button', { name: button, exact: true }).click();
    },
    goAway: async () => {
      await context.setOffline(true);
      wire.down();
    },
    comeBack: async () => {
      wire.up();
      await context.setOffline(false);
      // What failed meanwhile failed for the want of a network.
      faults.splice(0, faults.length, ...faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET|WebSocket connection/.test(fault)));
    },
    hide: (hidden) =>
      page.evaluate((state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden ? 'hidden' : 'visible'),
  };
  panes.push(pane);
  await page.goto(`${wire.origin}/rooms/${roomId}`);
  await pane.field.waitFor();
  return pane;
}

/** Runs a step, takes a picture of it, and has axe look at what it shows. */
async function step(name, shown, action) {
  try {
    await action();
    assert.deepEqual(await findFaults(shown.page), [], 'what axe finds');
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
  await shown.page.screenshot({ path: join(screenshots, `chat-${name}.png`) });
  console.log(`ok ${name}`);
}

async function readBy(person) {
  const query = 'query($r: ID!) { room(id: $r) { viewerState { lastReadSeq unreadCount } } }';
  return (await ask(person.base, person.token, query, { r: roomId })).room.viewerState;
}

async function idOf(text) {
  const query = 'query($r: ID!) { room(id: $r) { messages(first: 50) { nodes { id text } } } }';
  const { room } = await ask(amber.base, amber.token, query, { r: roomId });
  return room.messages.nodes.find((message) => message.text === text).id;
}

async function inSight({ page }, message) {
  if ((await message.count()) === 0) return false;
  const [box, list] = [await message.boundingBox(), await page.getByRole('feed').boundingBox()];
  return box !== null && box.y >= list.y - 1 && box.y + box.height <= list.y + list.height + 1;
}

/** Sends are answered by a refusal, as a server does that has a rule. */
async function refuseSends({ page }) {
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation SendMessage')) return route.fallback();
    const errors = [{ __typename: 'UserError', code: 'BAD_INPUT', message: 'The dog ate it.', path: [] }];
    return route.fulfill({ json: { data: { sendMessage: { __typename: 'SendMessagePayload', edge: null, errors } } } });
  });
}

/** Sends reach the server, and their answers are lost. */
async function loseSends({ page, faults }) {
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation SendMessage')) return route.fallback();
    await route.abort('connectionreset');
    faults.splice(0, faults.length, ...faults.filter((fault) => !/ERR_CONNECTION_RESET/.test(fault)));
  });
}

async function paste({ field }, name, bytes) {
  await field.evaluate(
    (element, [fileName, text]) => {
      const data = new DataTransfer();
      const buffer = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      data.items.add(new File([buffer], fileName, { type: 'image/png' }));
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    },
    [name, bytes.toString('base64')],
  );
}

async function drop({ page }, name, text) {
  const data = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], fileName, { type: 'text/plain' }));
      return transfer;
    },
    [name, text],
  );
  const feed = page.getByRole('feed');
  for (const type of ['dragenter', 'dragover']) await feed.dispatchEvent(type, { dataTransfer: data });
  await page.getByText('Drop files here to send them').waitFor();
  await feed.dispatchEvent('drop', { dataTransfer: data });
}
