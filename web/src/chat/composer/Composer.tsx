// The place to write.
import { Paperclip, Pencil, Reply, SendHorizontal, Smile, X } from 'lucide-react';
import { type ClipboardEvent, type KeyboardEvent, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../shared/ui/Button';
import { classes } from '../../shared/ui/classes';
import { Spinner } from '../../shared/ui/Spinner';
import { EmojiPopover } from '../messages/EmojiPopover';
import { Chips } from './Chips';
import styles from './Composer.module.css';
import type { Limits } from './refusals';
import type { Composer as Writing } from './useComposer';

export interface ComposerProps {
  writing: Writing;
  limits: Limits | null;
  roomName: string;
  field: RefObject<HTMLTextAreaElement | null>;
  /** The key for it was pressed while nothing is written. */
  onEditLast: () => void;
}

/** From here on it is told how many characters are left. */
const FEW_LEFT = 200;
/** On a phone Enter is for lines: there is a button to send. */
const isTouched = () => matchMedia('(hover: none) and (pointer: coarse)').matches;

export function Composer({ writing, limits, roomName, field, onEditLast }: ComposerProps) {
  const { t } = useTranslation('messages');
  const { text, replyTo, editing, left } = writing;
  useHeight(field, text);
  const target = editing?.id ?? replyTo?.id;
  // Whoever chose what to answer or edit wants to write.
  useEffect(() => {
    if (target !== undefined) field.current?.focus();
  }, [field, target]);

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && !event.shiftKey && !isTouched()) writing.submit();
    else if (event.key === 'Escape' && writing.cancel()) event.stopPropagation();
    else if (event.key === 'ArrowUp' && text === '' && !editing) onEditLast();
    else return;
    event.preventDefault();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    // Programs that copy text often add a picture of it.
    if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    writing.attach(files);
  };
  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        writing.submit();
      }}
    >
      {editing ? (
        <Banner icon={<Pencil />} title={t('composer.editing')} text={editing.text} stop={t('composer.cancelEdit')} onStop={writing.cancel} />
      ) : (
        replyTo && (
          <Banner
            icon={<Reply />}
            title={t('composer.replying', { name: replyTo.senderName })}
            text={replyTo.text}
            stop={t('composer.cancelReply')}
            onStop={writing.cancel}
          />
        )
      )}
      {!editing && <Chips writing={writing} limits={limits} />}
      <div className={styles.line}>
        {!editing && <AttachButton onChoose={writing.attach} />}
        <textarea
          ref={field}
          className={styles.field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={t('composer.placeholder')}
          aria-label={t('composer.label', { name: roomName })}
          aria-describedby="composer-left"
          enterKeyHint={isTouched() ? 'enter' : 'send'}
          onChange={(event) => writing.write(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <EmojiButton writing={writing} field={field} />
        <button
          type="submit"
          className={styles.send}
          disabled={!writing.maySend}
          aria-label={t(editing ? 'composer.save' : 'composer.send')}
          title={t(editing ? 'composer.save' : 'composer.send')}
        >
          {writing.isSaving ? <Spinner /> : <SendHorizontal aria-hidden="true" />}
        </button>
      </div>
      <p id="composer-left" className={classes(styles.left, left < 0 && styles.tooLong)} role={left < 0 ? 'alert' : undefined}>
        {left < 0 ? t('composer.tooLong', { count: -left }) : left <= FEW_LEFT && t('composer.left', { count: left })}
      </p>
    </form>
  );
}

interface BannerProps {
  icon: ReactNode;
  title: string;
  text: string;
  stop: string;
  onStop: () => void;
}

function Banner({ icon, title, text, stop, onStop }: BannerProps) {
  return (
    <div className={styles.banner}>
      {icon}
      <p>
        <strong>{title}</strong>
        <span dir="auto">{text}</span>
      </p>
      <IconButton label={stop} icon={<X />} onClick={onStop} />
    </div>
  );
}

function AttachButton({ onChoose }: { onChoose: (files: readonly File[]) => void }) {
  const { t } = useTranslation('messages');
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton label={t('composer.attach')} icon={<Paperclip />} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onChoose([...(event.target.files ?? [])]);
          // The same file can be chosen again.
          event.target.value = '';
        }}
      />
    </>
  );
}

/** Puts emoji where the caret is. */
function EmojiButton({ writing, field }: { writing: Writing; field: RefObject<HTMLTextAreaElement | null> }) {
  const { t } = useTranslation('messages');
  const [open, setOpen] = useState(false);
  const insert = (emoji: string) => {
    const { selectionStart: start = writing.text.length, selectionEnd: end = writing.text.length } = field.current ?? {};
    writing.write(writing.text.slice(0, start) + emoji + writing.text.slice(end));
    requestAnimationFrame(() => field.current?.setSelectionRange(start + emoji.length, start + emoji.length));
  };
  return (
    <EmojiPopover
      open={open}
      onOpenChange={setOpen}
      onPick={insert}
      onClosed={() => field.current?.focus()}
      trigger={<IconButton className={styles.smile} label={t('composer.emoji')} icon={<Smile />} />}
    />
  );
}

/** As high as what is written, within what the styles allow. */
function useHeight(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight + element.offsetHeight - element.clientHeight}px`;
  }, [field, text]);
}
