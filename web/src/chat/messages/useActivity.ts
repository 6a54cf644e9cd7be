// Who is typing in a room and who is here, as it is told while somebody looks at the room.
import { stringifyDocument } from '@urql/core';
import { useEffect, useState } from 'react';
import { useApi } from '../../shared/api/ApiProvider';
import type { RoomActivitySubscription } from '../../shared/gql/chat/graphql';
import { Activity } from './operations';

export type RoomActivity = RoomActivitySubscription['roomActivity'];

const NOBODY: RoomActivity = { typing: [], online: [] };

export function useActivity(roomId: string): RoomActivity {
  const { live } = useApi();
  const [activity, setActivity] = useState(NOBODY);
  useEffect(() => {
    const following = live.follow<RoomActivitySubscription>(
      { query: stringifyDocument(Activity), operationName: 'RoomActivity', variables: { roomId } },
      {
        next: ({ data }) => data && setActivity(data.roomActivity),
        // What was true before a cut need not be so any more.
        state: ({ is }) => is !== 'live' && setActivity(NOBODY),
      },
    );
    return () => following.stop();
  }, [live, roomId]);
  return activity;
}
