// One line about the live connection.
import type { Live, State } from '@tertulia/resume';
import { useSyncExternalStore } from 'react';

export function LiveState({ live }: { live: Live }) {
  const state = useSyncExternalStore(live.onState, () => live.state);
  return (
    <span role="status" className={`live ${state.is}`}>
      {textOf(state)}
      {state.is === 'waiting' && <button onClick={() => live.retry()}>Try now</button>}
    </span>
  );
}

function textOf(state: State): string {
  switch (state.is) {
    case 'idle':
      return 'Not connected';
    case 'connecting':
      return 'Connecting …';
    case 'catchingUp':
      return state.backlog ? `Catching up with ${state.backlog} …` : 'Catching up …';
    case 'live':
      return 'Live';
    case 'waiting':
      return state.reason === 'offline' ? 'Offline' : 'The connection was lost';
    case 'ended':
      return state.message;
  }
}
