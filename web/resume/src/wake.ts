// The browser's signs that the network or the page is back after a while.
import type { Wake } from './types';

const OF_WINDOW = ['online', 'offline', 'pageshow'] as const;
/** `resume` ends the freezing of a page in the background. */
const OF_DOCUMENT = ['visibilitychange', 'resume'] as const;

export const browserWake: Wake = {
  isOnline: () => navigator.onLine,
  watch(woke) {
    const listen = (event: Event) => {
      if (event.type !== 'visibilitychange' || document.visibilityState === 'visible') woke();
    };
    for (const event of OF_WINDOW) window.addEventListener(event, listen);
    for (const event of OF_DOCUMENT) document.addEventListener(event, listen);
    return () => {
      for (const event of OF_WINDOW) window.removeEventListener(event, listen);
      for (const event of OF_DOCUMENT) document.removeEventListener(event, listen);
    };
  },
};
