// Two people talk in two browsers: everything the message pane does, by pointer and by keys, with a network that goes away.
// A picture is taken after each step.
//
//   node chat.mjs http://NODE http://OTHER_NODE SCREENSHOT_DIR [short]
//
// Amber's browser uses the first node, Bruno's the second; they may be the same. `short` leaves out what does not depend on
// how messages travel. The server takes files of at most 1500000 bytes.
import { byFinger } from './chat/finger.mjs';
import { byKeys } from './chat/keys.mjs';
import { find } from './chat/finding.mjs';
import { refine } from './chat/refining.mjs';
import { setScene } from './chat/scene.mjs';
import { talk } from './chat/talking.mjs';
import { travel } from './chat/travelling.mjs';

const [amberBase, brunoBase, screenshots, extent] = process.argv.slice(2);
if (!amberBase || !brunoBase || !screenshots) {
  console.error('usage: node chat.mjs http://NODE http://OTHER_NODE SCREENSHOT_DIR [short]');
  process.exit(2);
}

const scene = await setScene(amberBase, brunoBase, screenshots);
let failed = true;
try {
  const [a, b] = [await scene.open('amber'), await scene.open('bruno')];
  await talk(scene, a, b);
  await travel(scene, a, b);
  if (extent !== 'short') {
    await refine(scene, a, b);
    await find(scene, a, b);
    await byKeys(scene, a);
    await byFinger(scene, a);
  }
  scene.assertFaultless();
  failed = false;
  console.log('chat: two people talked, and each has everything once');
} catch (error) {
  console.error(error);
  await scene.showFailure();
} finally {
  await scene.close();
  process.exit(failed ? 1 : 0);
}
