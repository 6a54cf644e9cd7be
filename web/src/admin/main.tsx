// The page at `/admin`: the administrator's desk.
import { BrowserRouter } from 'react-router';
import { ApiProvider, startApi } from '../shared/api/ApiProvider';
import admin from '../shared/i18n/en/admin';
import { startPage } from '../shared/page';

await startPage(
  { admin: { en: admin, es: () => import('../shared/i18n/es/admin') } },
  <BrowserRouter basename="/admin">
    <ApiProvider source={startApi()}>
      <main />
    </ApiProvider>
  </BrowserRouter>,
);
