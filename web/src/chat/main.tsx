// The page at `/`: the chat.
import { BrowserRouter } from 'react-router';
import { ApiProvider, startApi } from '../shared/api/ApiProvider';
import chat from '../shared/i18n/en/chat';
import messages from '../shared/i18n/en/messages';
import { startPage } from '../shared/page';
import { ChatRoutes } from './routes';
import { updates } from './updates';

await startPage(
  {
    chat: { en: chat, es: () => import('../shared/i18n/es/chat') },
    messages: { en: messages, es: () => import('../shared/i18n/es/messages') },
  },
  <BrowserRouter>
    <ApiProvider source={startApi(updates)}>
      <ChatRoutes />
    </ApiProvider>
  </BrowserRouter>,
);
