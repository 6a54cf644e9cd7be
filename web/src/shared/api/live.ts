// The page's one live connection: a WebSocket that every subscription shares, with the session's token.
import { session } from '../session/account';
import { ENDPOINT } from './post';
import { connectLive, type Live } from '@tertulia/resume';

export function openLive(): Live {
  return connectLive({
    url: new URL(ENDPOINT, location.href),
    token: ({ stale }) => session.freshToken(stale),
  });
}
