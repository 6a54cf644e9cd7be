// Which address below /admin shows what.
import { Navigate, Outlet, Route, Routes, useParams } from 'react-router';
import { AuditPage } from './audit/AuditPage';
import { ConfigurationPage } from './configuration/ConfigurationPage';
import { Gate } from './Gate';
import { MessagesPage } from './messages/MessagesPage';
import { OverviewPage } from './overview/OverviewPage';
import { RoomPage } from './rooms/RoomPage';
import { RoomsPage } from './rooms/RoomsPage';
import { SessionsPage } from './sessions/SessionsPage';
import { Shell } from './shell/Shell';
import { UploadsPage } from './uploads/UploadsPage';
import { UserPage } from './users/UserPage';
import { UsersPage } from './users/UsersPage';

export function DeskRoutes() {
  return (
    <Routes>
      <Route
        element={
          <Gate>
            <Shell>
              <Outlet />
            </Shell>
          </Gate>
        }
      >
        <Route path="/" element={<OverviewPage />} />
        <Route path="/users" element={<UsersPage />} />
        <Route path="/users/:id" element={<Anew page={UserPage} />} />
        <Route path="/rooms" element={<RoomsPage />} />
        <Route path="/rooms/:id" element={<Anew page={RoomPage} />} />
        <Route path="/messages" element={<MessagesPage />} />
        <Route path="/sessions" element={<SessionsPage />} />
        <Route path="/uploads" element={<UploadsPage />} />
        <Route path="/configuration" element={<ConfigurationPage />} />
        <Route path="/audit" element={<AuditPage />} />
        <Route path="*" element={<Navigate to="/" replace />} />
      </Route>
    </Routes>
  );
}

/** Drawn anew for another id, so that nothing of the one before is left on it. */
function Anew({ page: Page }: { page: (props: { id: string }) => React.ReactNode }) {
  const { id = '' } = useParams();
  return <Page key={id} id={id} />;
}
