import { useEffect, useState } from 'react';
import type { Session } from './session';

interface Opened {
  /** Ends what runs. */
  close(): void;
}

/** What `open` makes of a session, for as long as the component is there; undefined for a moment at first. */
export function useOpened<Client extends Opened>(session: Session, open: (session: Session) => Client): Client | undefined {
  const [opened, setOpened] = useState<Client>();
  useEffect(() => {
    const made = open(session);
    setOpened(made);
    return () => made.close();
  }, [session, open]);
  return opened;
}
