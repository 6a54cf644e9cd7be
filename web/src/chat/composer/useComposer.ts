// What is being written in a room: a new message, an answer, or another text for an old one.
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { sentence } from '../../shared/api/faults';
import { toast } from '../../shared/ui/Toasts';
import type { Conversation } from '../messages/conversation';
import type { Desk } from '../messages/desk';
import { excerpt } from '../messages/excerpt';
import type { Message } from '../messages/message';
import { SetTyping } from '../messages/operations';
import { EMPTY } from './drafts';
import type { UnsentFile, UnsentReply } from './outbox';
import { admit, charactersLeft, type Limits, type Refusal, tidy } from './refusals';
import { TypingSignal } from './typing';

export interface Composer {
  readonly text: string;
  readonly replyTo: UnsentReply | null;
  readonly editing: Message | null;
  /** Uploads that go with it. */
  readonly files: readonly string[];
  readonly refusals: readonly Refusal[];
  readonly left: number;
  readonly maySend: boolean;
  readonly isSaving: boolean;
  write(text: string): void;
  attach(files: readonly File[]): void;
  detach(uploadId: string): void;
  reply(message: Message): void;
  edit(message: Message): void;
  /** Takes back a message that could not be sent, to write it anew. */
  takeBack(key: string): void;
  /** Stops answering or editing; gives whether there was anything to stop. */
  cancel(): boolean;
  submit(): void;
}

export function useComposer(desk: Desk, conversation: Conversation, limits: Limits | null): Composer {
  const { t } = useTranslation('messages');
  const { t: common } = useTranslation('common');
  const { roomId } = conversation;
  const [draft, setDraft] = useState(() => desk.drafts.read(roomId));
  const [files, setFiles] = useState(() => desk.drafts.files(roomId));
  const [refusals, setRefusals] = useState<readonly Refusal[]>([]);
  const [editing, setEditing] = useState<{ message: Message; text: string; isSaving: boolean } | null>(null);
  const typing = useTyping(desk, roomId);

  useEffect(() => desk.drafts.keep(roomId, draft), [desk, roomId, draft]);
  useEffect(() => desk.drafts.keepFiles(roomId, files), [desk, roomId, files]);

  const text = editing?.text ?? draft.text;
  const left = charactersLeft(text, limits);
  const isEmpty = tidy(text) === '' && (editing !== null || files.length === 0);

  const send = () => {
    desk.outbox.write({ roomId, text: tidy(text), replyTo: draft.replyTo, files: files.map((id) => unsentFile(desk, id)) });
    typing.sent();
    setDraft(EMPTY);
    setFiles([]);
    setRefusals([]);
    conversation.wrote();
  };
  const save = async ({ message }: { message: Message }) => {
    if (tidy(text) === message.text) return setEditing(null);
    setEditing({ message, text, isSaving: true });
    const [fault] = await conversation.edit(message.id, tidy(text));
    setEditing(fault ? { message, text, isSaving: false } : null);
    if (fault) toast({ text: sentence(fault, common), tone: 'bad' });
  };
  return {
    text,
    replyTo: draft.replyTo,
    editing: editing?.message ?? null,
    files,
    refusals,
    left,
    maySend: !isEmpty && left >= 0 && !editing?.isSaving,
    isSaving: editing?.isSaving ?? false,
    write: (written) => {
      if (editing) return setEditing({ ...editing, text: written });
      setDraft((before) => ({ ...before, text: written }));
      if (tidy(written) === '') typing.stopped();
      else typing.typed();
    },
    attach: (chosen) => {
      const { taken, refused } = admit(chosen, files.length, limits);
      setRefusals(refused);
      setFiles([...files, ...taken.map((file) => desk.uploads.add(file))]);
    },
    detach: (id) => {
      desk.uploads.drop(id);
      setFiles(files.filter((each) => each !== id));
    },
    reply: ({ id, seq, sender, ...message }) => {
      setEditing(null);
      const senderName = sender?.displayName ?? t('goneAccount');
      setDraft((before) => ({ ...before, replyTo: { id, seq, senderName, text: excerpt(message, t) } }));
    },
    edit: (message) => setEditing({ message, text: message.text, isSaving: false }),
    takeBack: (key) => {
      const unsent = desk.outbox.of(roomId).find((each) => each.key === key);
      if (!unsent) return;
      desk.outbox.discard(key);
      setEditing(null);
      setDraft((before) => ({
        text: [before.text, unsent.text].filter(Boolean).join('\n'),
        replyTo: before.replyTo ?? unsent.replyTo,
      }));
      // What this page still has goes with it again.
      setFiles([...files, ...unsent.files.map(({ localId }) => localId).filter((id) => desk.uploads.get(id))]);
    },
    cancel: () => {
      if (editing) setEditing(null);
      else if (draft.replyTo) setDraft((before) => ({ ...before, replyTo: null }));
      else return false;
      return true;
    },
    submit: () => {
      if (isEmpty || left < 0 || editing?.isSaving) return;
      if (editing) void save(editing);
      else send();
    },
  };
}

function unsentFile(desk: Desk, localId: string): UnsentFile {
  const upload = desk.uploads.get(localId);
  return {
    localId,
    uploadId: upload?.state.is === 'stored' ? upload.state.uploadId : null,
    name: upload?.file.name ?? '',
    byteSize: upload?.file.size ?? 0,
    width: upload?.width ?? null,
    height: upload?.height ?? null,
    previewUrl: upload?.previewUrl ?? null,
  };
}

function useTyping(desk: Desk, roomId: string): TypingSignal {
  const tell = useCallback(
    async (on: boolean) => {
      const outcome = await act(desk.api.direct, SetTyping, { input: { roomId, on } });
      const until = outcome.ok ? outcome.payload.expiresAt : null;
      return until ? Date.parse(until) - Date.now() : null;
    },
    [desk, roomId],
  );
  const typing = useMemo(() => new TypingSignal(tell, () => Date.now()), [tell]);
  useEffect(() => () => typing.stopped(), [typing]);
  return typing;
}
