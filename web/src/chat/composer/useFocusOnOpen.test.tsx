// Who gets the focus when a room has come at last.
import { cleanup, render, screen } from '@testing-library/react';
import { useRef } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useFocusOnOpen } from './useFocusOnOpen';

let hasKeyboard = true;

beforeEach(() => {
  hasKeyboard = true;
  vi.stubGlobal('matchMedia', () => ({ matches: hasKeyboard }));
});

afterEach(cleanup);

function Page({ cameFrom, mayWrite }: { cameFrom: Element | null; mayWrite: boolean }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useFocusOnOpen(field, cameFrom, mayWrite);
  return (
    <>
      <a href="#room">Room</a>
      <button type="button">New conversation</button>
      <textarea ref={field} aria-label="Message" />
    </>
  );
}

/** Opens the room by its link, lets `meanwhile` happen, and gives what has the focus when the room is there. */
function afterOpening(meanwhile: () => void = () => {}): Element | null {
  const { rerender } = render(<Page cameFrom={null} mayWrite={false} />);
  const link = screen.getByText('Room');
  link.focus();
  rerender(<Page cameFrom={link} mayWrite={false} />);
  meanwhile();
  rerender(<Page cameFrom={link} mayWrite />);
  return document.activeElement;
}

it('is the field, for who waited where they were', () => {
  expect(afterOpening()).toBe(screen.getByLabelText('Message'));
});

it('is the field, for who came from what is gone', () => {
  expect(afterOpening(() => screen.getByText('Room').blur())).toBe(screen.getByLabelText('Message'));
});

it('is not the field, for who has gone on to something else', () => {
  expect(afterOpening(() => screen.getByText('New conversation').focus())).toBe(screen.getByText('New conversation'));
});

it('is not the field, where it would bring up a keyboard', () => {
  hasKeyboard = false;
  expect(afterOpening()).toBe(screen.getByText('Room'));
});
