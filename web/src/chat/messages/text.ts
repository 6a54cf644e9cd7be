// What a message's text is made of: words, and links that are safe to follow. Everything else stays the text that it is.
import { find } from 'linkifyjs';

export type Part = { readonly is: 'text'; readonly text: string } | { readonly is: 'link'; readonly text: string; readonly href: string };

const SCHEMES = new Set(['http:', 'https:', 'mailto:']);
/** A name with a dot is more often a file than a host: links begin as links do. */
const BEGINS_AS_LINK = /^(?:https?:\/\/|www\.|mailto:)/i;
/** These turn the order of what is read: an address with them can look like another. */
const TURNS_DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const CHARACTERS_OF_EMOJI_MAX = 100;

/** What every link has something of: most texts have none, and need not be searched. */
const HINT = /:|@|www\./i;

export function partsOf(text: string): readonly Part[] {
  if (!HINT.test(text)) return text === '' ? [] : [{ is: 'text', text }];
  const parts: Part[] = [];
  let done = 0;
  const upTo = (end: number) => {
    if (end > done) parts.push({ is: 'text', text: text.slice(done, end) });
  };
  for (const { type, value, start, end } of find(text)) {
    const href = type === 'email' ? `mailto:${value.replace(/^mailto:/i, '')}` : hrefOf(value);
    if (href === null || TURNS_DIRECTION.test(value) || !isSafe(href)) continue;
    upTo(start);
    parts.push({ is: 'link', text: value, href });
    done = end;
  }
  upTo(text.length);
  return parts;
}

function hrefOf(value: string): string | null {
  if (!BEGINS_AS_LINK.test(value)) return null;
  return /^www\./i.test(value) ? `https://${value}` : value;
}

function isSafe(href: string): boolean {
  try {
    return SCHEMES.has(new URL(href).protocol);
  } catch {
    return false;
  }
}

const PICTURE = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F|[\u{E0020}-\u{E007F}]|\u200D\p{Extended_Pictographic})*`;
const FLAG = String.raw`\p{Regional_Indicator}{2}`;
const KEYCAP = String.raw`[0-9#*]\uFE0F?\u20E3`;
const FEW_EMOJI = new RegExp(String.raw`^(?:(?:${PICTURE}|${FLAG}|${KEYCAP})\s*){1,6}$`, 'u');

/** Whether a text is a few emoji and nothing else, to be shown large. */
export function isFewEmoji(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= CHARACTERS_OF_EMOJI_MAX && FEW_EMOJI.test(trimmed);
}
