// The room of a pane: open while the pane is there, read while somebody looks.
import { useEffect, useSyncExternalStore } from 'react';
import type { Conversation, Snapshot } from './conversation';

export function useConversation(conversation: Conversation): Snapshot {
  useEffect(() => {
    const look = () => conversation.reading.looks(document.visibilityState === 'visible' && document.hasFocus());
    const lookAway = () => conversation.reading.looks(false);
    look();
    document.addEventListener('visibilitychange', look);
    addEventListener('focus', look);
    addEventListener('blur', lookAway);
    return () => {
      document.removeEventListener('visibilitychange', look);
      removeEventListener('focus', look);
      removeEventListener('blur', lookAway);
      lookAway();
    };
  }, [conversation]);

  // What could not be loaded is tried again when there is a network.
  useEffect(() => {
    const again = () => conversation.snapshot.phase.is === 'failed' && conversation.open();
    addEventListener('online', again);
    return () => removeEventListener('online', again);
  }, [conversation]);

  return useSyncExternalStore(conversation.onChange, () => conversation.snapshot);
}
