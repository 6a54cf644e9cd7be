// What the server would refuse, told before anything is sent, by the limits the server itself gives.

export interface Limits {
  readonly maxTextLength: number;
  readonly maxUploadBytes: number;
  readonly maxUploadsPerMessage: number;
}

export type Refusal = { readonly is: 'tooLarge'; readonly file: File } | { readonly is: 'tooMany' };

/** Those of some files that a message may carry, beside `held` others. */
export function admit(files: readonly File[], held: number, limits: Limits | null): { taken: File[]; refused: Refusal[] } {
  const taken: File[] = [];
  const refused: Refusal[] = [];
  for (const file of files) {
    if (limits && file.size > limits.maxUploadBytes) refused.push({ is: 'tooLarge', file });
    else if (limits && held + taken.length >= limits.maxUploadsPerMessage) {
      if (!refused.some(({ is }) => is === 'tooMany')) refused.push({ is: 'tooMany' });
    } else taken.push(file);
  }
  return { taken, refused };
}

/** How many characters may still be written, as the server counts them; below zero, how many are too many. */
export function charactersLeft(text: string, limits: Limits | null): number {
  let count = 0;
  for (const _ of text) count += 1;
  return limits ? limits.maxTextLength - count : Number.POSITIVE_INFINITY;
}

/** A text as it is sent: without empty lines around it. */
export function tidy(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();
}
