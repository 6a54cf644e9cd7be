// Gives the pages below it a client of the one who is signed in, and another when somebody else is.
import type { CacheExchangeOpts } from '@urql/exchange-graphcache';
import { createContext, Fragment, type ReactNode, use, useSyncExternalStore } from 'react';
import { Provider } from 'urql';
import { session } from '../session/account';
import { type Api, openApi } from './client';
import type { State } from '@tertulia/resume';

/** The client of the moment, and whose it is. */
interface Current {
  readonly api: Api;
  readonly whose: string | null;
}

export interface ApiSource {
  readonly current: () => Current;
  readonly onChange: (listener: () => void) => () => void;
}

/** Once on a page. `updates` are what the page's area does to the cache; `lists` takes the place of the cache's own. */
export function startApi(updates?: CacheExchangeOpts['updates'], lists?: CacheExchangeOpts['resolvers']): ApiSource {
  const listeners = new Set<() => void>();
  const open = (): Current => ({ api: openApi(updates, lists), whose: whose() });
  let current = open();
  session.onChange(() => {
    if (whose() === current.whose) return;
    current.api.close();
    current = open();
    for (const listener of listeners) listener();
  });
  return {
    current: () => current,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function whose(): string | null {
  return session.state.is === 'signedIn' ? session.state.userId : null;
}

const ApiContext = createContext<Api | null>(null);

export function ApiProvider({ source, children }: { source: ApiSource; children: ReactNode }) {
  const { api, whose } = useSyncExternalStore(source.onChange, source.current);
  return (
    <ApiContext value={api}>
      <Provider value={api.client}>
        {/* Drawn anew for another person, so that nothing of the one before is left. */}
        <Fragment key={whose}>{children}</Fragment>
      </Provider>
    </ApiContext>
  );
}

export function useApi(): Api {
  const api = use(ApiContext);
  if (!api) throw new Error('useApi is used outside of ApiProvider.');
  return api;
}

/** How the live connection is doing. */
export function useLiveState(): State {
  const { live } = useApi();
  return useSyncExternalStore(live.onState, () => live.state);
}
