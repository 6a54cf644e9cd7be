// One message, with what can be done with it, by pointer, finger or keys.
import { Ban, Check, CircleAlert, Clock3, Copy, Ellipsis, Link, Pencil, Reply, SmilePlus, Trash2 } from 'lucide-react';
import { type KeyboardEvent, memo, useState } from 'react';
import { fullTime, timeOfDay } from '../../shared/i18n/time';
import { Avatar } from '../../shared/ui/Avatar';
import { IconButton } from '../../shared/ui/Button';
import { classes } from '../../shared/ui/classes';
import { Menu, MenuItem, MenuLine } from '../../shared/ui/Menu';
import { EarlierTexts } from './EarlierTexts';
import { EmojiPopover } from './EmojiPopover';
import { excerpt } from './excerpt';
import { FileLinks } from './FileLinks';
import type { Message, Person } from './message';
import styles from './Message.module.css';
import { MessageText } from './MessageText';
import { type Pane, usePane } from './pane';
import { Quote } from './Quote';
import { Reactions } from './Reactions';
import { Readers } from './Readers';
import type { Standing } from './rows';
import { isFewEmoji } from './text';

export interface MessageRowProps extends Pick<Standing, 'beginsGroup' | 'endsGroup'> {
  message: Message;
  /** Those who have read up to here. */
  readers: readonly Person[] | undefined;
  /** The one that keys act on. */
  isActive: boolean;
  isFound: boolean;
}

export const MessageRow = memo(function MessageRow({ message, beginsGroup, endsGroup, readers, isActive, isFound }: MessageRowProps) {
  const pane = usePane();
  const { t } = pane;
  const [isNear, setNear] = useState(false);
  const [opened, setOpened] = useState<'menu' | 'emoji' | null>(null);
  const { sender, deletedAt, replyTo } = message;
  const isOwn = sender?.id === pane.viewerId;
  const may = whatMayBeDone(message, isOwn, pane);
  const name = isOwn ? t('you') : (sender?.displayName ?? t('goneAccount'));
  const tabIndex = isActive ? 0 : -1;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keyAction(event.key, { message, may, pane, open: setOpened });
    if (!act) return;
    event.preventDefault();
    act();
  };
  return (
    <article
      className={classes(
        styles.message,
        isOwn && styles.own,
        beginsGroup && styles.begins,
        endsGroup && styles.ends,
        isFound && styles.found,
        pane.isGroup && !isOwn && styles.pictured,
      )}
      data-key={message.clientMessageId ?? message.id}
      tabIndex={tabIndex}
      aria-posinset={message.seq}
      aria-setsize={-1}
      aria-label={labelOf(message, name, pane)}
      onKeyDown={onKeyDown}
      // Not "enter": React misses that where what was below the pointer has scrolled away and is no longer drawn. A finger
      // leaves before it has pressed anything; what it touches has the focus.
      onPointerOver={({ pointerType, currentTarget, target }) => {
        if (pointerType !== 'touch' && target instanceof Node && currentTarget.contains(target)) setNear(true);
      }}
      onPointerLeave={({ pointerType }) => pointerType !== 'touch' && setNear(false)}
      onFocus={() => setNear(true)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setNear(false)}
    >
      {pane.isGroup && !isOwn && (
        <span className={styles.picture}>{beginsGroup && <Avatar id={sender?.id ?? ''} name={name} url={sender?.avatarUrl} size={2.25} />}</span>
      )}
      <div className={styles.body}>
        {beginsGroup && pane.isGroup && !isOwn && <bdi className={styles.sender}>{name}</bdi>}
        {deletedAt ? (
          <p className={classes(styles.bubble, styles.deleted)}>
            <Ban aria-hidden="true" />
            {t(isOwn ? 'deletedOwn' : 'deleted')}
            <Meta message={message} isOwn={false} tabIndex={tabIndex} />
          </p>
        ) : (
          <div className={classes(styles.bubble, isBare(message) && styles.bare)}>
            {replyTo && <Quote of={replyTo} />}
            {message.attachments.length > 0 && <FileLinks attachments={message.attachments} />}
            <div className={classes(styles.text, isFewEmoji(message.text) && styles.tall)}>
              {message.text !== '' && <MessageText text={message.text} />}
              <Meta message={message} isOwn={isOwn} tabIndex={tabIndex} />
            </div>
          </div>
        )}
        {message.reactions.length > 0 && <Reactions message={message} tabIndex={tabIndex} />}
        {readers && <Readers readers={readers} senderId={sender?.id ?? null} />}
        {(isNear || opened) && !deletedAt && (
          <Toolbar message={message} may={may} pane={pane} tabIndex={tabIndex} opened={opened} onOpen={setOpened} />
        )}
      </div>
    </article>
  );
});

interface May {
  readonly react: boolean;
  readonly reply: boolean;
  readonly edit: boolean;
  readonly remove: boolean;
  readonly copy: boolean;
}

function whatMayBeDone({ deletedAt, text }: Message, isOwn: boolean, { mayReact, mayWrite, mayModerate }: Pane): May {
  const isThere = deletedAt === null;
  return {
    react: isThere && mayReact,
    reply: isThere && mayWrite,
    edit: isThere && mayWrite && isOwn && text !== '',
    remove: isThere && (isOwn ? mayWrite : mayModerate),
    copy: isThere && text !== '',
  };
}

interface Keyed {
  message: Message;
  may: May;
  pane: Pane;
  open: (what: 'menu' | 'emoji') => void;
}

/** What a key does with a message. */
function keyAction(key: string, { message, may, pane, open }: Keyed): (() => void) | null {
  switch (key) {
    case 'r':
      return may.reply ? () => pane.reply(message) : null;
    case 'e':
      return may.edit ? () => pane.edit(message) : null;
    case 'c':
      return may.copy ? () => pane.copy(message) : null;
    case '+':
      return may.react ? () => open('emoji') : null;
    case 'Delete':
    case 'Backspace':
      return may.remove ? () => pane.remove(message) : null;
    case 'Enter':
    case 'ContextMenu':
      return message.deletedAt === null ? () => open('menu') : null;
    default:
      return null;
  }
}

interface ToolbarProps {
  message: Message;
  may: May;
  pane: Pane;
  tabIndex: number;
  opened: 'menu' | 'emoji' | null;
  onOpen: (what: 'menu' | 'emoji' | null) => void;
}

function Toolbar({ message, may, pane, tabIndex, opened, onOpen }: ToolbarProps) {
  const { t } = pane;
  return (
    <div className={styles.toolbar} role="group" aria-label={t('actions.label')}>
      {may.react && (
        <EmojiPopover
          open={opened === 'emoji'}
          onOpenChange={(open) => onOpen(open ? 'emoji' : null)}
          onPick={(emoji) => pane.react(message, emoji, true)}
          trigger={<IconButton label={t('actions.react')} icon={<SmilePlus />} tabIndex={tabIndex} />}
        />
      )}
      {may.reply && <IconButton label={t('actions.reply')} icon={<Reply />} tabIndex={tabIndex} onClick={() => pane.reply(message)} />}
      <Menu
        open={opened === 'menu'}
        onOpenChange={(open) => onOpen(open ? 'menu' : null)}
        trigger={<IconButton label={t('actions.more')} icon={<Ellipsis />} tabIndex={tabIndex} />}
      >
        {may.reply && (
          <MenuItem icon={<Reply />} onSelect={() => pane.reply(message)}>
            {t('actions.reply')}
          </MenuItem>
        )}
        {may.edit && (
          <MenuItem icon={<Pencil />} onSelect={() => pane.edit(message)}>
            {t('actions.edit')}
          </MenuItem>
        )}
        {may.copy && (
          <MenuItem icon={<Copy />} onSelect={() => pane.copy(message)}>
            {t('actions.copy')}
          </MenuItem>
        )}
        <MenuItem icon={<Link />} onSelect={() => pane.copyLink(message)}>
          {t('actions.copyLink')}
        </MenuItem>
        {may.remove && (
          <>
            <MenuLine />
            <MenuItem icon={<Trash2 />} danger onSelect={() => pane.remove(message)}>
              {t('actions.delete')}
            </MenuItem>
          </>
        )}
      </Menu>
    </div>
  );
}

function Meta({ message, isOwn, tabIndex }: { message: Message; isOwn: boolean; tabIndex: number }) {
  const { t, locale } = usePane();
  const at = new Date(message.createdAt);
  return (
    <span className={styles.meta}>
      {message.editedAt && !message.deletedAt && <EarlierTexts message={message} tabIndex={tabIndex} />}
      <time dateTime={message.createdAt} title={fullTime(at, locale)}>
        {timeOfDay(at, locale)}
      </time>
      {isOwn && <Check role="img" aria-label={t('state.sent')} />}
    </span>
  );
}

/** The sign of one that is not sent yet. */
export function StateSign({ state }: { state: 'waiting' | 'sending' | 'failed' }) {
  const { t } = usePane();
  const Sign = state === 'failed' ? CircleAlert : Clock3;
  return <Sign role="img" aria-label={t(`state.${state}`)} />;
}

/** Nothing but large emoji stands without a bubble. */
function isBare({ text, attachments, replyTo }: Message): boolean {
  return attachments.length === 0 && !replyTo && isFewEmoji(text);
}

function labelOf(message: Message, name: string, { t, locale }: Pane): string {
  const time = timeOfDay(new Date(message.createdAt), locale);
  const text = message.deletedAt ? t('deleted') : excerpt(message, t);
  const { replyTo } = message;
  if (!replyTo) return t('label', { name, time, text });
  return t('label_reply', { name, time, text, to: replyTo.sender?.displayName ?? t('goneAccount') });
}
