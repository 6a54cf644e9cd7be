// Where to go after signing in: `?next=` of the sign-in page, which anyone may have written into a link.

const HOME = '/';

/** A path of this origin, or home for anything else. */
export function safeNext(text: string | null, origin: string = location.origin): string {
  // A browser reads `//host`, `/\host` and a tab or line break between as another host's address.
  if (text === null || !text.startsWith('/') || /^\/[/\\]|[\u0000-\u001f\u007f\\]/.test(text)) return HOME;
  let url: URL;
  try {
    url = new URL(text, origin);
  } catch {
    return HOME;
  }
  // `/..//host` was a path of ours, and what it stands for no longer is.
  if (url.origin !== origin || url.pathname.startsWith('//') || /^\/sign-(in|up)(\/|$)/.test(url.pathname)) return HOME;
  return url.pathname + url.search + url.hash;
}

/** The sign-in page's address that leads back to where one was. */
export function signInPath(from: string): string {
  const next = safeNext(from);
  return next === HOME ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`;
}
