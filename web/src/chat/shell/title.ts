// The title of the browser's tab: what is unread, where one is.
import { useEffect } from 'react';

const APP = 'Tertulia';
/** More than this is many. */
const MOST = 99;

let page = '';
let unread = 0;

/** While it is drawn, the tab is named after it. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    page = title;
    write();
    return () => {
      page = '';
      write();
    };
  }, [title]);
}

export function showUnread(count: number): void {
  unread = count;
  write();
}

export function tabTitle(page: string, unread: number): string {
  const where = page === '' ? APP : `${page} · ${APP}`;
  return unread === 0 ? where : `(${unread > MOST ? `${MOST}+` : unread}) ${where}`;
}

function write(): void {
  document.title = tabTitle(page, unread);
}
