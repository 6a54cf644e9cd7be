import { describe, expect, it } from 'vitest';
import { isFewEmoji, partsOf } from './text';

const links = (text: string) => partsOf(text).flatMap((part) => (part.is === 'link' ? [part.href] : []));
const whole = (text: string) => partsOf(text).map((part) => part.text).join('');

describe('links in a text', () => {
  it.each([
    ['see https://example.org/a?b=c#d now', ['https://example.org/a?b=c#d']],
    ['http://example.org, and HTTPS://EXAMPLE.ORG.', ['http://example.org', 'HTTPS://EXAMPLE.ORG']],
    ['(https://en.wikipedia.org/wiki/Tertulia_(disambiguation))', ['https://en.wikipedia.org/wiki/Tertulia_(disambiguation)']],
    ['www.example.org', ['https://www.example.org']],
    ['write to amber@example.org', ['mailto:amber@example.org']],
    ['mailto:amber@example.org', ['mailto:amber@example.org']],
    ['https://example.org/ñandú', ['https://example.org/ñandú']],
  ])('%s', (text, expected) => {
    expect(links(text)).toEqual(expected);
    expect(whole(text)).toBe(text);
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'javascript://example.org/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'ftp://example.org/a',
    'blob:https//example.org/1',
    'intent://scan/#Intent;scheme=zxing;end',
    'tel:+34123456',
    'main.rs and notes.md and example.org',
    '<a href="x">y</a>',
    '<img src=x onerror=alert(1)>',
    '\u202ehttps',
    'http://',
    'https://',
    'mailto:',
    '',
  ])('none in %j', (text) => {
    expect(links(text)).toEqual([]);
    expect(whole(text)).toBe(text);
  });

  it('have no part that turns the direction of reading', () => {
    const text = 'https://example.org/\u202egpj.exe';
    for (const part of partsOf(text)) if (part.is === 'link') expect(part.text).not.toMatch(/\u202e/);
    expect(whole(text)).toBe(text);
  });

  it('lead to nothing but http, https and mailto, however they are written', () => {
    const hostile = ['javascript:', 'data:text/html,', 'vbscript:', 'file:///'];
    const around = ['', ' ', '\n', '(', 'https://a.example/', 'x@y.example ', '"', "'", '\u0000', '\u200b', '%0a', '//'];
    for (const scheme of hostile) {
      for (const before of around) {
        for (const after of around) {
          for (const href of links(`${before}${scheme}${after}alert(1)`)) {
            expect(new URL(href).protocol).toMatch(/^(https?|mailto):$/);
          }
        }
      }
    }
  });

  it('are found in long and odd texts without taking long', () => {
    const begin = performance.now();
    for (const text of ['https://'.repeat(2_000), 'a@'.repeat(5_000), '('.repeat(16_000), 'www.'.repeat(4_000), 'é\u0301'.repeat(8_000)]) {
      expect(whole(text)).toBe(text);
    }
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe('a few emoji', () => {
  it.each(['😀', '👍🏽', '❤️', '👩‍👩‍👧‍👦 🎉', '🇪🇸', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '1️⃣', ' 🙂\n🙂 ', '🫶🏿🫶🏻'])('are %s', (text) => {
    expect(isFewEmoji(text)).toBe(true);
  });

  it.each(['', ' ', '1', '#', 'ok 👍', '👍 yes', '🇪', '1234', '👍'.repeat(7), '\u200d', '😀'.repeat(5_000)])('are not %j', (text) => {
    expect(isFewEmoji(text)).toBe(false);
  });
});
