// Keys of our own making. `crypto.randomUUID` is missing on pages that came without TLS from another machine.

/** 128 random bits, as 32 hexadecimal digits. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
