// Keys that work wherever one is in the chat.
import { useEffect, useRef } from 'react';
import { matchPath, useNavigate } from 'react-router';
import type { InboxRoom } from '../rooms/arrivals';
import { useInboxStore } from '../rooms/InboxProvider';

export function useShortcuts({ onSwitch }: { onSwitch: () => void }): void {
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const press = useRef<(event: KeyboardEvent) => void>(undefined);
  useEffect(() => {
    press.current = (event) => {
      if (event.defaultPrevented || event.isComposing) return;
      // The browser's own: the router's is a moment behind, and keys come fast.
      const { pathname } = location;
      const openId = matchPath('/rooms/:roomId/*', pathname)?.params.roomId;
      const isMeta = (event.ctrlKey || event.metaKey) && !event.altKey;
      if (isMeta && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onSwitch();
      } else if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
        event.preventDefault();
        const to = neighbour(inbox.state.sorted, openId, event.key === 'ArrowDown' ? 1 : -1, event.shiftKey);
        if (to) void navigate(`/rooms/${to}`);
      } else if (event.key === 'Escape' && pathname !== '/') {
        const up = above(pathname);
        if (up) void navigate(up);
      }
    };
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => press.current?.(event);
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}

/** The room before or after the open one; with `unread`, the next that has something unread, past the end too. */
export function neighbour(rooms: readonly InboxRoom[], openId: string | undefined, step: 1 | -1, unread = false): string | undefined {
  const here = rooms.findIndex(({ id }) => id === openId);
  if (!unread) {
    if (here === -1) return rooms[step === 1 ? 0 : rooms.length - 1]?.id;
    return rooms[here + step]?.id;
  }
  for (let far = 1; far <= rooms.length; far++) {
    const start = here === -1 && step === -1 ? rooms.length : here;
    const room = rooms[(start + step * far + rooms.length * 2) % rooms.length];
    if (room && room.id !== openId && (room.viewerState?.unreadCount ?? 0) > 0) return room.id;
  }
  return undefined;
}

/** Where Escape leads: out of details to the room, out of other pages to the list; a room stays open. */
export function above(pathname: string): string | null {
  const room = matchPath('/rooms/:roomId/*', pathname);
  if (room) return room.params['*'] ? `/rooms/${room.params.roomId}` : null;
  return '/';
}
