// New messages on the desktop, while the page is open and one looks at something else. Asked for by a switch in the
// settings, never by itself.
import type { TFunction } from 'i18next';
import { type InboxMessage, type InboxRoom, otherOf } from '../rooms/arrivals';
import type { Inbox } from '../rooms/inbox';
import { nameOf } from '../rooms/names';
import { previewOf } from '../rooms/preview';

const KEY = 'tertulia.notices';
/** Held, by all who hold it, while a window of the chat is looked at. */
const LOOKED_AT = 'tertulia.looked-at';
const TEXT_MOST = 200;

export type NoticesState = 'on' | 'off' | 'denied' | 'missing';

export function noticesState(): NoticesState {
  if (!('Notification' in globalThis) || !isSecureContext) return 'missing';
  if (Notification.permission === 'denied') return 'denied';
  return wanted() && Notification.permission === 'granted' ? 'on' : 'off';
}

/** On a click: a browser asks for nothing else. */
export async function switchNotices(on: boolean): Promise<NoticesState> {
  if (on && noticesState() !== 'missing') await Notification.requestPermission();
  try {
    if (on) localStorage.setItem(KEY, 'on');
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage nothing is remembered, and so nothing is shown.
  }
  return noticesState();
}

export function startNotices(inbox: Inbox, { open, t }: { open: (roomId: string) => void; t: TFunction<'chat'> }): () => void {
  const stopLooking = holdWhileVisible();
  const stopNews = inbox.onNews((room, message) => void tell(room, message));
  return () => {
    stopNews();
    stopLooking();
  };

  async function tell(room: InboxRoom, message: InboxMessage): Promise<void> {
    if (document.visibilityState === 'visible' || noticesState() !== 'on' || (await isLookedAt())) return;
    const body = previewOf(room, message, inbox.viewerId, t).slice(0, TEXT_MOST);
    const icon = otherOf(room, inbox.viewerId)?.avatarUrl ?? undefined;
    // One for each room: the next takes its place.
    const notice = new Notification(nameOf(room, inbox.viewerId, t), { body, tag: room.id, ...(icon ? { icon } : {}) });
    notice.onclick = () => {
      window.focus();
      notice.close();
      open(room.id);
    };
  }
}

function wanted(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on';
  } catch {
    return false;
  }
}

/** While one of several windows is looked at, the hidden ones keep quiet. */
function holdWhileVisible(): () => void {
  if (!('locks' in navigator)) return () => {};
  let release: (() => void) | null = null;
  const follow = () => {
    if (document.visibilityState === 'visible' && !release) {
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      void navigator.locks.request(LOOKED_AT, { mode: 'shared' }, () => held);
    } else if (document.visibilityState !== 'visible') {
      release?.();
      release = null;
    }
  };
  follow();
  document.addEventListener('visibilitychange', follow);
  return () => {
    document.removeEventListener('visibilitychange', follow);
    release?.();
  };
}

async function isLookedAt(): Promise<boolean> {
  if (!('locks' in navigator)) return false;
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === LOOKED_AT);
}
