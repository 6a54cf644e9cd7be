import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { MessageText } from './MessageText';

afterEach(cleanup);

describe('the text of a message', () => {
  it('is text, whatever it looks like', () => {
    const text = '<img src=x onerror="alert(1)"><script>alert(1)</script>\n&amp; {{name}} ${name}';
    const { container } = render(<MessageText text={text} />);
    expect(container.textContent).toBe(text);
    expect(container.querySelectorAll('img, script, a')).toHaveLength(0);
  });

  it('opens links elsewhere, and tells them nothing', () => {
    render(<MessageText text={'see https://example.org/a?b=c\nand javascript:alert(1)'} />);
    const links = screen.getAllByRole('link');
    expect(links.map((link) => link.getAttribute('href'))).toEqual(['https://example.org/a?b=c']);
    expect(links[0]?.getAttribute('target')).toBe('_blank');
    expect(links[0]?.getAttribute('rel')).toBe('noopener noreferrer nofollow');
  });

  it('is read in the direction of its own letters', () => {
    const { container } = render(<MessageText text="שלום" />);
    expect(container.firstElementChild?.getAttribute('dir')).toBe('auto');
  });

  it('is large when it is a few emoji', () => {
    const { container, rerender } = render(<MessageText text="🎉🎉" />);
    const large = container.firstElementChild?.className;
    rerender(<MessageText text="yes 🎉🎉" />);
    expect(container.firstElementChild?.className).not.toBe(large);
  });
});
