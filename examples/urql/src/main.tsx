import { LiveState, type Session, SignedIn, useOpened } from '@tertulia-examples/shared';
import '@tertulia-examples/shared/style.css';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';
import { openApi } from './client';
import { RoomList } from './RoomList';
import { RoomPane } from './RoomPane';

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
    <Provider value={api.client}>
      <div className="chat">
        <header>
          <strong>Tertulia with urql</strong>
          <LiveState live={api.live} />
          <button onClick={() => void session.signOut()}>Sign out</button>
        </header>
        <RoomList roomId={roomId} onChoose={setRoomId} />
        {roomId !== undefined && <RoomPane key={roomId} roomId={roomId} />}
      </div>
    </Provider>
  );
}
