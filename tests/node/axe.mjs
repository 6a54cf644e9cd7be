// Judges a page as it stands with axe: what keeps people from using it who cannot see it, hear it or point at it.
import axe from 'axe-core';

/** Colours that are on their way are no colours to judge. */
export function atRest(page) {
  return page.evaluate(() =>
    Promise.all(document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => {}))),
  );
}

/** A sentence for each serious fault, with the places that have it; none is what a test wants. */
export async function findFaults(page) {
  await atRest(page);
  // The text of the program, past the page's policy, and once for each document.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary.split('\n').slice(1).join(' ').trim()})`).join('; ')}`);
}
