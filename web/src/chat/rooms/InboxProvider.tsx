// Gives the chat its one inbox.
import { createContext, type ReactNode, use, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useApi } from '../../shared/api/ApiProvider';
import type { InboxRoom } from './arrivals';
import { Inbox, type InboxState } from './inbox';

const InboxContext = createContext<Inbox | null>(null);

export function InboxProvider({ viewerId, children }: { viewerId: string; children: ReactNode }) {
  const { client } = useApi();
  const inbox = useMemo(() => new Inbox(client, viewerId), [client, viewerId]);
  useEffect(() => {
    inbox.start();
    return () => inbox.stop();
  }, [inbox]);
  return <InboxContext value={inbox}>{children}</InboxContext>;
}

export function useInboxStore(): Inbox {
  const inbox = use(InboxContext);
  if (!inbox) throw new Error('useInboxStore is used outside of InboxProvider.');
  return inbox;
}

export function useInbox(): InboxState {
  const inbox = useInboxStore();
  return useSyncExternalStore(inbox.onChange, () => inbox.state);
}

/** One room of the list; undefined when one is not in it. */
export function useInboxRoom(roomId: string): InboxRoom | undefined {
  const inbox = useInboxStore();
  return useSyncExternalStore(inbox.onChange, () => inbox.state.rooms.get(roomId));
}

/** Whose inbox it is: the id of the one who is signed in. */
export function useViewerId(): string {
  return useInboxStore().viewerId;
}
