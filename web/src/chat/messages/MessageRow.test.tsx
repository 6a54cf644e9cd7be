import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aMessage, amber, bruno } from '../testing/messages';
import { aPane, draw } from '../testing/pane';
import type { Message } from './message';
import { MessageRow } from './MessageRow';
import type { Pane } from './pane';

afterEach(cleanup);

function row(more: Partial<Message> = {}, pane: Pane = aPane()) {
  draw(pane, <MessageRow message={aMessage(7, more)} beginsGroup endsGroup readers={undefined} isActive isFound={false} />);
  return screen.getByRole('article');
}

describe('a message', () => {
  it('says who wrote it, when, and what', () => {
    const article = row({ createdAt: '2026-03-03T10:00:00.000Z' });
    expect(article.getAttribute('aria-label')).toMatch(/^Bruno Díaz, .*: message 7$/);
    expect(article.getAttribute('aria-posinset')).toBe('7');
    expect(screen.getByText('Bruno Díaz').tagName).toBe('BDI');
  });

  it('says whom it answers, and leads there', async () => {
    const pane = aPane();
    const parent = { id: 'm2', seq: 2, text: 'Who is in?', deletedAt: null, sender: amber, attachments: [] };
    const article = row({ replyTo: parent }, pane);
    expect(article.getAttribute('aria-label')).toMatch(/^Bruno Díaz to Amber Reyes/);
    await userEvent.click(screen.getByText('Who is in?'));
    expect(pane.find).toHaveBeenCalledWith('m2');
  });

  it('is a note that something was there once it is deleted, and nothing can be done with it', async () => {
    const pane = aPane({ mayModerate: true });
    const article = row({ text: '', deletedAt: '2026-03-03T11:00:00.000Z' }, pane);
    expect(article.textContent).toContain('This message was deleted');
    article.focus();
    await userEvent.keyboard('rce+{Delete}{Enter}');
    for (const act of [pane.reply, pane.copy, pane.edit, pane.remove]) expect(act).not.toHaveBeenCalled();
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is acted on by keys', async () => {
    const pane = aPane();
    const own = { sender: amber };
    row(own, pane).focus();
    const message = aMessage(7, own);
    await userEvent.keyboard('r');
    expect(pane.reply).toHaveBeenCalledWith(message);
    await userEvent.keyboard('e');
    expect(pane.edit).toHaveBeenCalledWith(message);
    await userEvent.keyboard('c');
    expect(pane.copy).toHaveBeenCalledWith(message);
    await userEvent.keyboard('{Delete}');
    expect(pane.remove).toHaveBeenCalledWith(message);
    await userEvent.keyboard('{Enter}');
    expect(screen.getAllByRole('menuitem').map(({ textContent }) => textContent)).toEqual(['Reply', 'Edit', 'Copy text', 'Copy link to it', 'Delete']);
  });

  it('offers its actions to a pointer, whatever that was on before', async () => {
    const article = row();
    // As where what it was on has been taken out of the page: its leaving is told of nobody.
    fireEvent.pointerOver(screen.getByText('message 7'), { relatedTarget: article.parentElement });
    expect(screen.getByRole('button', { name: 'Reply' })).toBeTruthy();
    fireEvent.pointerOut(article, { relatedTarget: article.parentElement });
    expect(screen.queryByRole('button', { name: 'Reply' })).toBeNull();
  });

  it('offers its actions to a finger until that touches something else', async () => {
    const pane = aPane();
    const article = row({}, pane);
    const finger = { pointerType: 'touch' };
    fireEvent.pointerOver(article, finger);
    expect(screen.queryByRole('button', { name: 'Reply' })).toBeNull();
    act(() => article.focus());
    const button = screen.getByRole('button', { name: 'Reply' });
    fireEvent.pointerOver(button, finger);
    fireEvent.pointerOut(button, { ...finger, relatedTarget: article.parentElement });
    fireEvent.click(screen.getByRole('button', { name: 'Reply' }));
    expect(pane.reply).toHaveBeenCalled();
    act(() => article.blur());
    expect(screen.queryByRole('button', { name: 'Reply' })).toBeNull();
  });

  it('leaves keys with modifiers to the browser', async () => {
    const pane = aPane();
    row({}, pane).focus();
    await userEvent.keyboard('{Control>}r{/Control}{Meta>}c{/Meta}');
    expect(pane.reply).not.toHaveBeenCalled();
    expect(pane.copy).not.toHaveBeenCalled();
  });

  it('offers a reader to react, and nobody in a closed room', () => {
    fireEvent.focus(row({}, aPane({ mayWrite: false })));
    expect(screen.getByRole('button', { name: 'React' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Reply' })).toBeNull();
    cleanup();
    fireEvent.focus(row({}, aPane({ mayWrite: false, mayReact: false })));
    expect(screen.queryByRole('button', { name: 'React' })).toBeNull();
  });

  it.each([
    ['one of somebody else', { sender: bruno }, {}, { edit: false, remove: false }],
    ['one of somebody else, for a moderator', { sender: bruno }, { mayModerate: true }, { edit: false, remove: true }],
    ['one’s own', { sender: amber }, {}, { edit: true, remove: true }],
    ['one’s own of files alone', { sender: amber, text: '' }, {}, { edit: false, remove: true }],
    ['one’s own where nothing may be written', { sender: amber }, { mayWrite: false }, { edit: false, remove: false }],
  ])('offers what may be done: %s', async (_, more, rights, expected) => {
    const pane = aPane(rights);
    row(more, pane).focus();
    await userEvent.keyboard('e{Delete}');
    expect(vi.mocked(pane.edit).mock.calls.length > 0).toBe(expected.edit);
    expect(vi.mocked(pane.remove).mock.calls.length > 0).toBe(expected.remove);
  });
});
