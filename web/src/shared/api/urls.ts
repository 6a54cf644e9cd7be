// Addresses that the server gave. It makes them from the address it was told it has; this page may have been reached by
// another, and its policy allows no other origin than its own.

/** A file's address on the origin of this page; undefined for what is no file of the server. */
export function ownUrl(given: string | null | undefined): string | undefined {
  if (!given) return undefined;
  try {
    const { pathname, search } = new URL(given, location.origin);
    return pathname.startsWith('/media/') ? pathname + search : undefined;
  } catch {
    return undefined;
  }
}
