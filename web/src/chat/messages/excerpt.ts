// A message in a few words: for quotes, for lists of results, and for those who hear the page.
import type { TFunction } from 'i18next';

interface Told {
  readonly text: string;
  readonly attachments: readonly { readonly kind: 'FILE' | 'IMAGE'; readonly fileName?: string }[];
}

const CHARACTERS = 200;

export function excerpt({ text, attachments }: Told, t: TFunction<'messages'>): string {
  const images = attachments.filter(({ kind }) => kind === 'IMAGE').length;
  const files = attachments.length - images;
  const words = text.replace(/\s+/gu, ' ').trim();
  const parts = [
    words.length > CHARACTERS ? `${[...words].slice(0, CHARACTERS).join('')}…` : words,
    images > 0 ? t('images', { count: images }) : '',
    files > 0 ? t('files', { count: files }) : '',
  ];
  return parts.filter(Boolean).join(', ');
}
