// Keys of texts are checked against the English ones.
import type admin from './en/admin';
import type chat from './en/chat';
import type common from './en/common';
import type messages from './en/messages';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: { common: typeof common; chat: typeof chat; messages: typeof messages; admin: typeof admin };
  }
}
