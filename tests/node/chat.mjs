// Two people talk in two browsers: everything the message pane can do, by pointer and by keys, with a network that goes
// away. Pictures are taken of each step.
//
//   node chat.mjs http://NODE http://OTHER_NODE SCREENSHOT_DIR [short]
//
// Amber's browser uses the first node, Bruno's the second; they may be the same. `short` leaves out what does not depend
// on where messages travel.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findFaults } from './axe.mjs';
import { WAIT_MS, openBrowser, until, watch } from './browser.mjs';
import { makeRoom, say, signUp, windowOf } from './people.mjs';
import { png } from './png.mjs';
import { layWire } from './wire.mjs';

const [amberBase, brunoBase, screenshots, extent] = process.argv.slice(2);
if (!amberBase || !brunoBase || !screenshots) {
  console.error('usage: node chat.mjs http://NODE http://OTHER_NODE SCREENSHOT_DIR [short]');
  process.exit(2);
}
await mkdir(screenshots, { recursive: true });
const wires = { amber: await layWire(amberBase), bruno: await layWire(brunoBase) };
const browser = await openBrowser(wires.amber.origin);

const stamp = Date.now().toString(36);
const amber = await signUp(amberBase, `amber${stamp}`, 'Amber', 'Reyes');
const bruno = await signUp(amberBase, `bruno${stamp}`, 'Bruno', 'Díaz');
const roomId = await makeRoom(amber, 'The corner table', [bruno]);

let failed = true;
const windows = {};
try {
  windows.amber = await openRoom(amber, wires.amber);
  windows.bruno = await openRoom(bruno, wires.bruno);
  await talk(windows.amber, windows.bruno);
  if (extent !== 'short') await alone(windows.amber, windows.bruno);
  assert.deepEqual([...windows.amber.faults, ...windows.bruno.faults], [], 'faults seen by the browsers');
  failed = false;
  console.log('chat: two people talked, and each has everything once');
} catch (error) {
  console.error(error);
  for (const [name, { page, faults }] of Object.entries(windows)) {
    await page.screenshot({ path: join(screenshots, `failed-${name}.png`) }).catch(() => {});
    console.error(name, faults);
  }
} finally {
  await browser.close();
  process.exit(failed ? 1 : 0);
}
