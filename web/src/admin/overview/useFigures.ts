// Asks for the server's figures every two seconds while somebody can see them.
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { type Fault, faultsOf } from '../../shared/api/faults';
import { graphql } from '../../shared/gql/admin';
import type { DeskFiguresQuery } from '../../shared/gql/admin/graphql';
import { added } from './figures';

const EVERY_MS = 2_000;
/** How far back the charts go. */
const KEPT_MS = 10 * 60_000;

const DeskFigures = graphql(`
  query DeskFigures {
    serverFigures {
      at
      startedAt
      version
      database
      bus
      users
      rooms
      messages
      memoryBytes
      connectionsOpen
      socketsOpen
      streamsOpen
      liveRooms
      liveReaders
      peopleOnline
      sendsTotal
      deliveriesTotal
      requestsTotal
      errorsTotal
      queues {
        name
        length
        capacity
      }
    }
  }
`);

export type Figures = DeskFiguresQuery['serverFigures'];

/** What was seen stays when one looks at another page meanwhile. */
let seen: readonly Figures[] = [];

export function useFigures(): { samples: readonly Figures[]; faults: readonly Fault[] } {
  const client = useClient();
  const [samples, setSamples] = useState(seen);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Whoever looks again while an answer is on its way begins another round; the one before ends there.
    let round = 0;
    const ask = async (own: number) => {
      const { data, error } = await client.query(DeskFigures, {}, { requestPolicy: 'network-only' }).toPromise();
      if (own !== round) return;
      if (data) seen = added(seen, data.serverFigures, KEPT_MS) as readonly Figures[];
      setSamples(seen);
      setFaults(error ? faultsOf(error) : []);
      timer = setTimeout(() => void ask(own), EVERY_MS);
    };
    const stop = () => {
      round += 1;
      clearTimeout(timer);
    };
    const look = () => {
      stop();
      if (document.visibilityState === 'visible') void ask(round);
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      stop();
      document.removeEventListener('visibilitychange', look);
    };
  }, [client]);
  return { samples, faults };
}
