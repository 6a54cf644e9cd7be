// Which address shows what. The shell with its list of rooms stays while what is beside it changes.
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Navigate, Outlet, Route, Routes, useLocation } from 'react-router';
import { session, useSession } from '../shared/session/account';
import { signInPath } from '../shared/session/next';
import { Loading } from '../shared/ui/Spinner';
import { RoomFrame } from './rooms/RoomFrame';
import { NothingOpen, Shell } from './shell/Shell';

const FindPage = lazy(() => import('./people/FindPage'));
const JoinPage = lazy(() => import('./rooms/JoinPage'));
const RoomDetails = lazy(() => import('./rooms/RoomDetails'));
const SettingsPage = lazy(() => import('./settings/SettingsPage'));
const SetUpPage = lazy(() => import('./account/SetUpPage'));
const SignInPage = lazy(() => import('./account/SignInPage'));
const SignUpPage = lazy(() => import('./account/SignUpPage'));

export function ChatRoutes() {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route path="/sign-in" element={<SignInPage />} />
        <Route path="/sign-up" element={<SignUpPage />} />
        <Route path="/setup/:code" element={<SetUpPage />} />
        <Route path="/sign-out" element={<SignOut />} />
        <Route element={<SignedIn />}>
          <Route path="/" element={<NothingOpen />} />
          <Route path="/rooms/:roomId" element={<RoomFrame />}>
            <Route path="details" element={<RoomDetails />} />
          </Route>
          <Route path="/join/:code" element={<JoinPage />} />
          <Route path="/find" element={<FindPage />} />
          <Route path="/settings/*" element={<SettingsPage />} />
        </Route>
        <Route path="*" element={<Navigate to="/" replace />} />
      </Routes>
    </Suspense>
  );
}

/** A link that signs out, as other pages of the server have it. */
function SignOut(): ReactNode {
  useEffect(() => void session.signOut(), []);
  return <Navigate to="/sign-in" replace />;
}

/** Whoever is not signed in goes to sign in, and then back. Who signed out goes to begin anew. */
function SignedIn(): ReactNode {
  const state = useSession();
  const { pathname, search, hash } = useLocation();
  if (state.is === 'signedOut') {
    const back = state.by === 'self' ? '/sign-in' : signInPath(pathname + search + hash);
    return <Navigate to={back} replace />;
  }
  return (
    <Shell>
      <Outlet />
    </Shell>
  );
}
