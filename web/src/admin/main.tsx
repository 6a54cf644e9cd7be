// The page at `/admin`: the administrator's desk.
import { BrowserRouter } from 'react-router';
import { ApiProvider, startApi } from '../shared/api/ApiProvider';
import admin from '../shared/i18n/en/admin';
import { startPage } from '../shared/page';
import { DeskRoutes } from './routes';
import { updates } from './updates';

await startPage(
  { admin: { en: admin, es: () => import('../shared/i18n/es/admin') } },
  <BrowserRouter basename="/admin">
    {/* Every page of a list stands for itself here, so that one can go back to it by its address. */}
    <ApiProvider source={startApi(updates, {})}>
      <DeskRoutes />
    </ApiProvider>
  </BrowserRouter>,
);
