// One room: its messages, and a place to write.
import { Keyboard, Search as SearchIcon } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { networkFault, sentence } from '../../shared/api/faults';
import { IconButton } from '../../shared/ui/Button';
import { Deferred, type DeferredProps } from '../../shared/ui/Deferred';
import { Confirm } from '../../shared/ui/Dialog';
import { Faults } from '../../shared/ui/Faults';
import { Loading } from '../../shared/ui/Spinner';
import { toast } from '../../shared/ui/Toasts';
import { Composer } from '../composer/Composer';
import { useComposer } from '../composer/useComposer';
import { useDrop } from '../composer/useDrop';
import { useFocusOnOpen } from '../composer/useFocusOnOpen';
import { RoomHeader } from '../rooms/RoomHeader';
import { Announcer } from './Announcer';
import type { Conversation, Snapshot } from './conversation';
import { useDesk } from './DeskProvider';
import { MessageList } from './MessageList';
import { Limits } from './operations';
import { PaneContext } from './pane';
import styles from './RoomPage.module.css';
import { TypingLine } from './TypingLine';
import { useActivity } from './useActivity';
import { useConversation } from './useConversation';
import { type Opened, usePaneActions } from './usePaneActions';

const loadViewer = () => import('./Viewer');
const loadSearch = () => import('./Search');
const loadShortcuts = () => import('./Shortcuts');

/** `cameFrom`: what had the focus when the room was opened. */
export default function RoomPage({ cameFrom }: { cameFrom: Element | null }) {
  const { roomId = '' } = useParams();
  const desk = useDesk();
  const conversation = useMemo(() => desk.room(roomId), [desk, roomId]);
  return <RoomPane key={roomId} conversation={conversation} cameFrom={cameFrom} />;
}

type Helper = 'search' | 'shortcuts' | null;

function RoomPane({ conversation, cameFrom }: { conversation: Conversation; cameFrom: Element | null }) {
  const { t } = useTranslation('messages');
  const desk = useDesk();
  const snapshot = useConversation(conversation);
  useMessageInAddress(conversation);
  const { typing, online } = useActivity(conversation.roomId);
  const [{ data }] = useQuery({ query: Limits });
  const limits = data?.serverInfo ?? null;
  const writing = useComposer(desk, conversation, limits);
  const [opened, setOpened] = useState<Opened>({ condemned: null, viewed: null });
  const [helper, setHelper] = useState<Helper>(null);
  const open = (change: Partial<Opened>) => setOpened({ ...opened, ...change });
  const pane = usePaneActions({ desk, conversation, room: snapshot.room, writing, open });
  const drop = useDrop(pane.mayWrite ? writing.attach : null);
  const field = useRef<HTMLTextAreaElement>(null);
  useFocusOnOpen(field, cameFrom, pane.mayWrite);
  useHelperKeys(setHelper);
  const others = typing.filter(({ id }) => id !== desk.viewerId);

  return (
    <PaneContext value={pane}>
      <section className={styles.pane} {...drop.handlers}>
        <RoomHeader roomId={conversation.roomId} here={online.length}>
          <IconButton label={t('search.open')} icon={<SearchIcon />} onClick={() => setHelper('search')} />
          <IconButton className={styles.keys} label={t('shortcuts.open')} icon={<Keyboard />} onClick={() => setHelper('shortcuts')} />
        </RoomHeader>
        <Body conversation={conversation} snapshot={snapshot} onCompose={() => field.current?.focus()} />
        <TypingLine typing={others} />
        {pane.mayWrite ? (
          <Composer
            writing={writing}
            limits={limits}
            roomName={snapshot.room?.name ?? ''}
            field={field}
            onEditLast={() => {
              const last = snapshot.view.messages.findLast(({ sender, deletedAt, text }) => sender?.id === desk.viewerId && !deletedAt && text !== '');
              if (last) writing.edit(last);
            }}
          />
        ) : (
          snapshot.room && <p className={styles.closed}>{t(snapshot.room.archivedAt ? 'composer.archived' : 'composer.readOnly')}</p>
        )}
        <Announcer conversation={conversation} />
        {drop.isOver && <p className={styles.drop}>{t('composer.drop')}</p>}
      </section>
      {opened.condemned && <Condemned conversation={conversation} opened={opened} open={open} />}
      {opened.viewed && <Part load={loadViewer} props={{ ...opened.viewed, onClose: () => open({ viewed: null }) }} />}
      {helper === 'search' && <FindMessage conversation={conversation} onClose={() => setHelper(null)} onFound={pane.find} />}
      {helper === 'shortcuts' && <Part load={loadShortcuts} props={{ onClose: () => setHelper(null) }} />}
    </PaneContext>
  );
}

function Body({ conversation, snapshot, onCompose }: { conversation: Conversation; snapshot: Snapshot; onCompose: () => void }) {
  const { phase, view } = snapshot;
  // What is held can be read, whatever became of the connection.
  if (phase.is === 'open' || view.messages.length > 0) {
    return <MessageList conversation={conversation} snapshot={snapshot} onCompose={onCompose} />;
  }
  return (
    <div className={styles.blank}>
      {phase.is === 'failed' ? <Faults faults={[phase.fault]} onRetry={() => conversation.open()} /> : <Loading />}
    </div>
  );
}

function Condemned({ conversation, opened, open }: { conversation: Conversation; opened: Opened; open: (change: Partial<Opened>) => void }) {
  const { t } = useTranslation('messages');
  const { t: common } = useTranslation('common');
  const close = () => open({ condemned: null });
  const remove = async () => {
    const [fault] = await conversation.remove(opened.condemned?.id ?? '');
    if (fault) toast({ text: sentence(fault, common), tone: 'bad' });
    close();
  };
  return (
    <Confirm title={t('delete.title')} action={t('delete.confirm')} danger onConfirm={remove} onClose={close}>
      <p>{t('delete.text')}</p>
    </Confirm>
  );
}

/** What is loaded when it is wanted, and closes again where it cannot be. */
function Part<Props extends { onClose: () => void }>({ load, props }: Pick<DeferredProps<Props>, 'load' | 'props'>) {
  const { t } = useTranslation('common');
  const fail = () => {
    toast({ text: sentence(networkFault(), t), tone: 'bad' });
    props.onClose();
  };
  return <Deferred load={load} props={props} onFail={fail} />;
}

interface FindMessageProps {
  conversation: Conversation;
  onClose: () => void;
  onFound: (messageId: string) => void;
}

function FindMessage({ conversation: { roomId }, onClose, onFound }: FindMessageProps) {
  const navigate = useNavigate();
  const lead = (room: string, messageId: string) => {
    onClose();
    if (room === roomId) onFound(messageId);
    else void navigate(`/rooms/${room}?m=${encodeURIComponent(messageId)}`);
  };
  return <Part load={loadSearch} props={{ roomId, onClose, onFound: lead }} />;
}

/** `?m=` of the address names a message to begin at. It is taken off, so that going back does not lead there again. */
function useMessageInAddress(conversation: Conversation): void {
  const { t } = useTranslation('messages');
  const [parameters, setParameters] = useSearchParams();
  const wanted = parameters.get('m');
  const isOpen = useRef<Conversation | null>(null);
  useEffect(() => {
    const onMissing = () => toast({ text: t('page.notFound') });
    if (isOpen.current !== conversation) conversation.open(wanted, onMissing);
    else if (wanted) void conversation.find(wanted).then((isFound) => isFound === false && onMissing());
    isOpen.current = conversation;
    if (wanted) setParameters({}, { replace: true });
  }, [conversation, wanted, setParameters, t]);
  useEffect(
    () => () => {
      isOpen.current = null;
      conversation.close();
    },
    [conversation],
  );
}

function useHelperKeys(open: (helper: Helper) => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select, [contenteditable]');
      if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === 'f') open('search');
      else if (event.key === '?' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) open('shortcuts');
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [open]);
}
