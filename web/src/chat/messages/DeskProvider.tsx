// Gives the panes below it the desk of the one who is signed in.
import { createContext, type ReactNode, use, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApi } from '../../shared/api/ApiProvider';
import { sentence } from '../../shared/api/faults';
import { Desk } from './desk';

/** For tests; pages take what useDesk gives. */
export const DeskContext = createContext<Desk | null>(null);

export function DeskProvider({ viewerId, children }: { viewerId: string; children: ReactNode }) {
  const api = useApi();
  const { t } = useTranslation('common');
  const [desk, setDesk] = useState<Desk | null>(null);
  useEffect(() => {
    const opened = new Desk(api, viewerId, (fault) => sentence(fault, t));
    opened.start();
    setDesk(opened);
    return () => opened.stop();
    // The sentences follow the language by themselves.
  }, [api, viewerId]);
  return desk && <DeskContext value={desk}>{children}</DeskContext>;
}

export function useDesk(): Desk {
  const desk = use(DeskContext);
  if (!desk) throw new Error('useDesk is used outside of DeskProvider.');
  return desk;
}
