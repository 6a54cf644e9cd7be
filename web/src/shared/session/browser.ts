// What a session needs of the browser, with what is missing made up for.
import type { Surroundings } from './session';

const NAME = 'tertulia.account';

export function surroundings(): Surroundings {
  return { storage: storage(), onStorage, alone, channel: channel(), now: () => Date.now() };
}

/** A browser that refuses storage still works, until the page is reloaded. */
function storage(): Surroundings['storage'] {
  try {
    const probe = `${NAME}.probe`;
    localStorage.setItem(probe, '');
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
}

function onStorage(listener: (key: string | null) => void): () => void {
  const listen = (event: StorageEvent) => listener(event.key);
  addEventListener('storage', listen);
  return () => removeEventListener('storage', listen);
}

/** Without TLS, other than on this very machine, browsers have no locks; the server's grace for two tabs has to do. */
function alone<T>(action: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return action();
  return navigator.locks.request(NAME, action) as Promise<T>;
}

function channel(): Surroundings['channel'] {
  if ('BroadcastChannel' in globalThis) return new BroadcastChannel(NAME);
  return { postMessage: () => {}, close: () => {}, onmessage: null };
}
