// New messages on the desktop: when they show, what they say, what a click does.
import i18next from 'i18next';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import chat from '../../shared/i18n/en/chat';
import type { InboxMessage, InboxRoom } from '../rooms/arrivals';
import type { Inbox, NewsListener } from '../rooms/inbox';
import { noticesState, startNotices, switchNotices } from './notices';

const shown: FakeNotification[] = [];

class FakeNotification {
  static permission: NotificationPermission = 'default';
  static answer: NotificationPermission = 'granted';
  static requestPermission = vi.fn(async () => {
    FakeNotification.permission = FakeNotification.answer;
    return FakeNotification.permission;
  });
  onclick: (() => void) | null = null;
  close = vi.fn();
  constructor(
    readonly title: string,
    readonly options: NotificationOptions,
  ) {
    shown.push(this);
  }
}

let tell: NewsListener = () => {};
const inbox = {
  viewerId: 'amber',
  onNews: (listener: NewsListener) => {
    tell = listener;
    return () => {
      tell = () => {};
    };
  },
} as unknown as Inbox;

const room = { id: 'tea', kind: 'GROUP', name: 'Tea at five', pair: { nodes: [] } } as unknown as InboxRoom;
const message = { text: 'Who brings\nscones?', deletedAt: null, attachments: [], sender: { id: 'boris', displayName: 'Boris' } } as unknown as InboxMessage;
const open = vi.fn();
let stop: () => void;
let visibility: DocumentVisibilityState;

beforeEach(async () => {
  await i18next.init({ lng: 'en', resources: { en: { chat } }, ns: ['chat'], defaultNS: 'chat' });
  shown.length = 0;
  localStorage.clear();
  FakeNotification.permission = 'default';
  FakeNotification.answer = 'granted';
  FakeNotification.requestPermission.mockClear();
  vi.stubGlobal('Notification', FakeNotification);
  vi.stubGlobal('isSecureContext', true);
  visibility = 'hidden';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  stop = startNotices(inbox, { open, t: i18next.getFixedT('en', 'chat') });
});

afterEach(() => stop());

const arrive = async () => {
  tell(room, message);
  await new Promise((resolve) => setTimeout(resolve));
};

describe('a notice', () => {
  it('shows once it was switched on, and says who said what and where', async () => {
    await switchNotices(true);
    await arrive();
    expect(shown).toMatchObject([{ title: 'Tea at five', options: { body: 'Boris: Who brings scones?', tag: 'tea' } }]);
  });

  it('does not show before, and the browser is not asked', async () => {
    expect(noticesState()).toBe('off');
    await arrive();
    expect(shown).toEqual([]);
    expect(FakeNotification.requestPermission).not.toHaveBeenCalled();
  });

  it('does not show while the page is looked at, or once it was switched off', async () => {
    await switchNotices(true);
    visibility = 'visible';
    await arrive();
    visibility = 'hidden';
    expect(await switchNotices(false)).toBe('off');
    await arrive();
    expect(shown).toEqual([]);
  });

  it('opens its room on a click', async () => {
    vi.spyOn(window, 'focus').mockImplementation(() => {});
    await switchNotices(true);
    await arrive();
    shown[0]?.onclick?.();
    expect(open).toHaveBeenCalledWith('tea');
    expect(shown[0]?.close).toHaveBeenCalled();
  });

  it('is denied where the person said no, and missing where the browser has none', async () => {
    FakeNotification.answer = 'denied';
    expect(await switchNotices(true)).toBe('denied');
    await arrive();
    expect(shown).toEqual([]);
    vi.stubGlobal('isSecureContext', false);
    expect(noticesState()).toBe('missing');
    expect(await switchNotices(true)).toBe('missing');
  });

  it('shows no more when the page is left', async () => {
    await switchNotices(true);
    stop();
    await arrive();
    expect(shown).toEqual([]);
  });
});
