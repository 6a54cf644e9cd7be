import { LiveState, type Session, SignedIn, useOpened } from '@tertulia-examples/shared';
import '@tertulia-examples/shared/style.css';
import { StrictMode, Suspense, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { RelayEnvironmentProvider } from 'react-relay';
import { openApi } from './environment';
import { RoomList } from './RoomList';
import { RoomPane } from './RoomPane';
import { Troubled } from './Troubled';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <SignedIn>{(session) => <Chat session={session} />}</SignedIn>
  </StrictMode>,
);

function Chat({ session }: { session: Session }) {
  const api = useOpened(session, openApi);
  const [roomId, setRoomId] = useState<string>();
  if (!api) return null;
  return (
    <RelayEnvironmentProvider environment={api.environment}>
      <div className="chat">
        <header>
          <strong>Tertulia with Relay</strong>
          <LiveState live={api.live} />
          <button onClick={() => void session.signOut()}>Sign out</button>
        </header>
        <Troubled>
          <Suspense fallback={<p>Loading …</p>}>
            <RoomList roomId={roomId} onChoose={setRoomId} />
          </Suspense>
        </Troubled>
        {roomId !== undefined && (
          <Troubled key={roomId}>
            <Suspense fallback={<p>Loading …</p>}>
              <RoomPane roomId={roomId} />
            </Suspense>
          </Troubled>
        )}
      </div>
    </RelayEnvironmentProvider>
  );
}
