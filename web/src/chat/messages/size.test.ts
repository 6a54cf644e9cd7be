import { expect, it } from 'vitest';
import { sizeInWords } from './size';

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1,023 bytes'],
  [1024, '1 kB'],
  [1536, '1.5 kB'],
  [26_214_400, '25 MB'],
  [5 * 1024 ** 4, '5,120 GB'],
])('%i bytes are %s', (bytes, words) => {
  expect(sizeInWords(bytes, 'en')).toBe(words);
});

it('speaks the language of the page', () => {
  expect(sizeInWords(1536, 'es')).toBe('1,5 kB');
});
