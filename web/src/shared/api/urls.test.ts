import { describe, expect, it } from 'vitest';
import { ownUrl } from './urls';

describe('a file’s address', () => {
  it('is put on the origin that the page came from', () => {
    expect(ownUrl('http://other.example:9/media/tmp/a%20b.png?expires=1&signature=x')).toBe('/media/tmp/a%20b.png?expires=1&signature=x');
    expect(ownUrl('/media/user/me.jpg')).toBe('/media/user/me.jpg');
  });

  it.each([
    null,
    undefined,
    '',
    'javascript:alert(1)//media/',
    'data:image/svg+xml,<svg/>',
    'https://evil.example/pixel.gif',
    '/graphql?query={viewer{email}}',
    '/media/../graphql',
    'http://',
  ])('%j is none', (given) => {
    expect(ownUrl(given)).toBeUndefined();
  });
});
