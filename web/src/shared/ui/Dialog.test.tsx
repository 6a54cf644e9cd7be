// Where the focus goes when a dialog is gone: back to whatever it came from.
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Dialog } from './Dialog';
import { Menu, MenuItem } from './Menu';

vi.mock('react-i18next', () => ({ useTranslation: () => ({ t: (key: string) => key }) }));

beforeEach(() => {
  // What the test's browser has not got.
  HTMLDialogElement.prototype.showModal = vi.fn();
  HTMLDialogElement.prototype.close = vi.fn();
});

afterEach(cleanup);

function Page() {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setAsked(true)}>
        Ask
      </button>
      <Menu trigger={<button type="button">More</button>}>
        <MenuItem onSelect={() => setAsked(true)}>Ask from here</MenuItem>
      </Menu>
      {isAsked && (
        <Dialog title="Sure?" onClose={() => setAsked(false)}>
          <button type="button" onClick={() => setAsked(false)}>
            No
          </button>
        </Dialog>
      )}
    </>
  );
}

const answer = () => userEvent.click(screen.getByText('No'));

it('gives the focus back to the button that opened it', async () => {
  render(<Page />);
  await userEvent.click(screen.getByText('Ask'));
  await answer();
  expect(document.activeElement?.textContent).toBe('Ask');
});

it('gives it back to the button of a menu whose item opened it', async () => {
  render(<Page />);
  screen.getByText('More').focus();
  await userEvent.keyboard('{Enter}');
  await screen.findByRole('menuitem');
  await userEvent.keyboard('{Enter}');
  await answer();
  expect(document.activeElement?.textContent).toBe('More');
});
