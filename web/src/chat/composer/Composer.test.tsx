import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { useRef } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../shared/api/faults';
import type { Conversation } from '../messages/conversation';
import type { Desk } from '../messages/desk';
import { DeskContext } from '../messages/DeskProvider';
import type { Message } from '../messages/message';
import { aMessage, amber } from '../testing/messages';
import '../testing/pane';
import { Composer } from './Composer';
import { Drafts } from './drafts';
import type { Unsent, Written } from './outbox';
import { type Composer as Writing, useComposer } from './useComposer';
import { Uploads } from './uploads';

const limits = { maxTextLength: 20, maxUploadBytes: 100, maxUploadsPerMessage: 2 };

/** What the composer needs of a desk and of a conversation, noting what is done with them. */
function surroundings() {
  const sent: Written[] = [];
  const unsent: Unsent[] = [];
  let faults: readonly Fault[] = [];
  const edit = vi.fn(() => Promise.resolve(faults));
  const desk = {
    drafts: new Drafts('amber', sessionStorage),
    uploads: new Uploads({
      send: (file) => Promise.resolve({ ok: true, uploadId: `up-${file.name}` }),
      newId: () => `f${Math.random()}`,
      preview: () => 'blob:1',
      forget: () => {},
      measure: () => Promise.resolve({ width: 2, height: 2 }),
    }),
    outbox: { write: (written: Written) => void sent.push(written), of: () => unsent, discard: vi.fn() },
    api: { direct: { mutation: () => ({ toPromise: () => Promise.resolve({ data: { setTyping: { expiresAt: null, errors: [] } } }) }) } },
  } as unknown as Desk;
  const conversation = { roomId: 'r1', wrote: vi.fn(), edit } as unknown as Conversation;
  return { desk, conversation, sent, unsent, edit, refuse: (fault: Fault) => (faults = [fault]) };
}

let around: ReturnType<typeof surroundings>;
let writing: Writing;
const editLast = vi.fn();

function Page() {
  const field = useRef<HTMLTextAreaElement>(null);
  writing = useComposer(around.desk, around.conversation, limits);
  return (
    <DeskContext value={around.desk}>
      <Composer writing={writing} limits={limits} roomName="Corner table" field={field} onEditLast={editLast} />
    </DeskContext>
  );
}

/** As a whole: what single keys lead to is the browser's, and tried in one. */
const type = (text: string) => fireEvent.change(field(), { target: { value: text } });
const press = (key: string, more = {}) => fireEvent.keyDown(field(), { key, ...more });
const field = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message to Corner table' });

describe('the composer', () => {
  beforeEach(() => {
    sessionStorage.clear();
    editLast.mockClear();
    // Neither touched nor small.
    vi.stubGlobal('matchMedia', () => ({ matches: false }));
    around = surroundings();
    render(<Page />);
  });
  afterEach(cleanup);

  it('sends on Enter, breaks the line on Shift and Enter', () => {
    type('one');
    press('Enter', { shiftKey: true });
    expect(around.sent).toEqual([]);
    type('one\ntwo');
    press('Enter');
    expect(around.sent).toMatchObject([{ roomId: 'r1', text: 'one\ntwo', replyTo: null, files: [] }]);
    expect(field().value).toBe('');
    expect(around.conversation.wrote).toHaveBeenCalledOnce();
  });

  it('sends nothing that is empty, and nothing that is too long', () => {
    type('  ');
    press('Enter');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Send' }).disabled).toBe(true);
    type('x'.repeat(23));
    expect(screen.getByRole('alert').textContent).toBe('3 characters too many');
    press('Enter');
    expect(around.sent).toEqual([]);
  });

  it('does not take the Enter that ends the writing of a character', () => {
    fireEvent.change(field(), { target: { value: 'に' } });
    fireEvent.keyDown(field(), { key: 'Enter', isComposing: true });
    expect(around.sent).toEqual([]);
  });

  it('keeps what is written when one goes away and comes back', () => {
    type('half a sen');
    cleanup();
    render(<Page />);
    expect(field().value).toBe('half a sen');
  });

  it('answers a message, until told otherwise', () => {
    act(() => writing.reply(aMessage(3, { text: 'Who is in?' })));
    screen.getByText('Answering Bruno Díaz');
    type('I am.');
    press('Enter');
    expect(around.sent[0]?.replyTo).toEqual({ id: 'm3', seq: 3, senderName: 'Bruno Díaz', text: 'Who is in?' });
    expect(screen.queryByText('Answering Bruno Díaz')).toBeNull();

    act(() => writing.reply(aMessage(4)));
    screen.getByText('Answering Bruno Díaz');
    press('Escape');
    type('no');
    press('Enter');
    expect(around.sent[1]?.replyTo).toBeNull();
  });

  it('edits the last message on Arrow Up, but only while nothing is written', () => {
    press('ArrowUp');
    expect(editLast).toHaveBeenCalledOnce();
    type('a');
    press('ArrowUp');
    expect(editLast).toHaveBeenCalledOnce();
  });

  it('edits a message beside what is being written', async () => {
    type('my draft');
    startEditing(aMessage(5, { text: 'as it was', sender: amber }));
    type('as it is');
    press('Enter');
    expect(around.edit).toHaveBeenCalledWith('m5', 'as it is');
    await waitFor(() => expect(field().value).toBe('my draft'));
    expect(around.sent).toEqual([]);
  });

  it('asks nothing of the server when nothing was changed, and goes on editing when it refuses', async () => {
    startEditing(aMessage(5, { text: 'as it was' }));
    press('Enter');
    expect(around.edit).not.toHaveBeenCalled();

    around.refuse({ code: 'FORBIDDEN', message: 'Too late.', field: null, retryAfterMs: null, requestId: null });
    startEditing(aMessage(5, { text: 'as it was' }));
    type('as it was!');
    press('Enter');
    expect(around.edit).toHaveBeenCalledOnce();
    await waitFor(() => expect(writing.isSaving).toBe(false));
    expect(field().value).toBe('as it was!');
  });

  it('sends files along, and says which it does not take', async () => {
    const files = [new File(['x'], 'a.txt'), new File(['x'.repeat(101)], 'large.txt'), new File(['x'], 'b.txt'), new File(['x'], 'c.txt')];
    fireEvent.paste(field(), { clipboardData: { files, types: ['Files'] } });
    await waitFor(() => expect(screen.getAllByRole('listitem')).toHaveLength(2));
    expect(screen.getByText('large.txt has 101 bytes; this server takes files of at most 100 bytes.')).toBeTruthy();
    expect(screen.getByText('A message takes at most 2 files.')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Remove a.txt' }));
    press('Enter');
    expect(around.sent[0]).toMatchObject({ text: '', files: [{ name: 'b.txt', byteSize: 1, uploadId: 'up-b.txt' }] });
    expect(screen.queryAllByRole('listitem')).toEqual([]);
  });

  it('takes text from a program that copies a picture of it, too', () => {
    fireEvent.paste(field(), { clipboardData: { files: [new File(['x'], 'a.png')], types: ['text/plain', 'Files'] } });
    expect(screen.queryAllByRole('listitem')).toEqual([]);
  });

  it('takes back what could not be sent', async () => {
    type('more');
    const replyTo = { id: 'm1', seq: 1, text: 'Who?', senderName: 'Bruno Díaz' };
    around.unsent.push({ key: 'k1', roomId: 'r1', text: 'refused', replyTo, files: [], writtenAt: 1, state: 'failed', fault: 'No.' });
    act(() => writing.takeBack('k1'));
    await waitFor(() => expect(field().value).toBe('more\nrefused'));
    expect(around.desk.outbox.discard).toHaveBeenCalledWith('k1');
    expect(screen.getByText('Answering Bruno Díaz')).toBeTruthy();
  });

  function startEditing(message: Message): void {
    act(() => writing.edit(message));
    screen.getByText('Editing your message');
  }
});
