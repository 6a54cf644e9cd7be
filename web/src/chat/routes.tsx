// Which address shows what. The shell with its list of rooms stays while what is beside it changes.
import { lazy, type ReactNode, Suspense } from 'react';
import { Navigate, Outlet, Route, Routes, useLocation } from 'react-router';
import { useSession } from '../shared/session/account';
import { signInPath } from '../shared/session/next';
import { Loading } from '../shared/ui/Spinner';

const RoomPage = lazy(() => import('./messages/RoomPage'));

export function ChatRoutes() {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route element={<SignedIn />}>
          <Route path="/" element={null} />
          <Route path="/rooms/:roomId" element={<RoomPage />} />
        </Route>
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
    </Suspense>
  );
}

/** Whoever is not signed in goes to sign in, and then back. */
function SignedIn(): ReactNode {
  const session = useSession();
  const { pathname, search, hash } = useLocation();
  if (session.is === 'signedOut') return <Navigate to={signInPath(pathname + search + hash)} replace />;
  return <Outlet />;
}
