// The messages of a room as one long list, of which only what is in sight is in the page. It stays at its end while the
// reader is there, and where the reader is while pages come in above and below.
import { ArrowDown } from 'lucide-react';
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { dayName } from '../../shared/i18n/time';
import { Faults } from '../../shared/ui/Faults';
import { Spinner } from '../../shared/ui/Spinner';
import { VisuallyHidden } from '../../shared/ui/VisuallyHidden';
import type { Conversation, Snapshot, Target } from './conversation';
import styles from './MessageList.module.css';
import messageStyles from './Message.module.css';
import { MessageRow } from './MessageRow';
import { usePane } from './pane';
import { type Item, isUnsent, itemKey, itemsOf, standing, timeOf } from './rows';
import { begin, onward, towards } from './steps';
import { UnsentRow } from './UnsentRow';

export interface MessageListProps {
  conversation: Conversation;
  snapshot: Snapshot;
  /** Goes where one writes. */
  onCompose: () => void;
}

/** Nearer to its end than this, in pixels, the list stays there. */
const AT_END_PX = 48;
/** How near to the edge of what is held the next page is asked for. */
const PAGE_AHEAD_PX = 1_500;
/** Drawn beyond what is in sight, so that scrolling meets no holes. */
const BUFFER_PX = 600;
const FLASH_MS = 2_000;

export function MessageList({ conversation, snapshot, onCompose }: MessageListProps) {
  const { t } = useTranslation('messages');
  const { view, unsent } = snapshot;
  const wanted = useMemo(() => itemsOf(view.messages, unsent, view.hasNewer), [view, unsent]);
  const [steps, setSteps] = useState(() => begin(wanted));
  if (steps.wanted !== wanted) setSteps(towards(steps, wanted, itemKey));
  useLayoutEffect(() => setSteps(onward), [steps]);
  return (
    <div className={styles.list}>
      {snapshot.loading === 'older' && <Edge at="top" />}
      {snapshot.pageFault && (
        <div className={styles.fault}>
          <Faults faults={[snapshot.pageFault]} onRetry={() => void conversation.older().then(() => conversation.newer())} />
        </div>
      )}
      {view.messages.length === 0 && unsent.length === 0 && snapshot.phase.is === 'open' && <p className={styles.empty}>{t('empty')}</p>}
      <Rows key={steps.era} {...{ conversation, snapshot, onCompose }} items={steps.shown} shift={steps.shift} />
    </div>
  );
}

/** One stretch of messages; another one is another list, with sizes of its own. */
function Rows({ conversation, snapshot, onCompose, items, shift }: MessageListProps & { items: readonly Item[]; shift: boolean }) {
  const { t } = useTranslation('messages');
  const { viewerId } = usePane();
  const { view, newAfter, marks, readSeq } = snapshot;
  const list = useRef<VirtualizerHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, onScroll, onResize, stay, leave } = useScrolling({ conversation, snapshot, items, list, scroller });
  const found = useTarget({ conversation, target: snapshot.target, items, list, stay, leave, isWhole: !view.hasNewer });
  const { activeIndex, onKeyDown, onFocus, onBlur } = useRoving({ conversation, items, list, scroller, onCompose });
  const unread = Math.max(0, view.newest - readSeq);
  return (
    <>
      <div
        ref={scroller}
        className={styles.scroller}
        role={items.length > 0 ? 'feed' : 'group'}
        aria-label={t('feed')}
        aria-busy={snapshot.loading !== null}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        onBlur={onBlur}
      >
        <div className={styles.spacer} />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          data={items}
          shift={shift}
          bufferSize={BUFFER_PX}
          keepMounted={activeIndex >= 0 ? [activeIndex] : []}
          onScroll={onScroll}
          onResize={onResize}
        >
          {(item, index) => (
            <Row
              key={itemKey(item)}
              items={items}
              index={index}
              isFirst={index === 0 && !view.hasOlder}
              viewerId={viewerId}
              newAfter={newAfter}
              marks={marks}
              isActive={index === activeIndex}
              isFound={found === itemKey(item)}
            />
          )}
        </Virtualizer>
        <div className={styles.foot} />
      </div>
      {snapshot.loading === 'newer' && <Edge at="bottom" />}
      {(!isAtEnd || view.hasNewer) && (
        <button type="button" className={styles.jump} onClick={() => void conversation.goToEnd()}>
          {unread > 0 && Number.isFinite(unread) ? t('jump.unread', { count: unread }) : <VisuallyHidden>{t('jump.newest')}</VisuallyHidden>}
          <ArrowDown aria-hidden="true" />
        </button>
      )}
    </>
  );
}

interface RowProps {
  items: readonly Item[];
  index: number;
  isFirst: boolean;
  viewerId: string;
  newAfter: number | null;
  marks: Snapshot['marks'];
  isActive: boolean;
  isFound: boolean;
}

function Row({ items, index, isFirst, viewerId, newAfter, marks, isActive, isFound }: RowProps) {
  const { t, locale } = usePane();
  const item = items[index];
  if (!item) return <></>;
  const { beginsDay, isFirstNew, beginsGroup, endsGroup } = standing(items, index, viewerId, newAfter);
  return (
    <div className={styles.row}>
      {isFirst && <p className={messageStyles.beginning}>{t('begins')}</p>}
      {beginsDay && (
        <p className={messageStyles.day}>
          <span>{dayName(new Date(timeOf(item)), { locale, now: new Date() })}</span>
        </p>
      )}
      {isFirstNew && <p className={messageStyles.new}>{t('newMessages')}</p>}
      {isUnsent(item) ? (
        <UnsentRow unsent={item} {...{ beginsGroup, endsGroup, isActive }} />
      ) : (
        <MessageRow message={item} readers={marks.get(item.seq)} {...{ beginsGroup, endsGroup, isActive, isFound }} />
      )}
    </div>
  );
}

function Edge({ at }: { at: 'top' | 'bottom' }) {
  const { t } = useTranslation('messages');
  return (
    <p className={styles.edge} data-at={at}>
      <Spinner />
      <VisuallyHidden>{t('page.loading')}</VisuallyHidden>
    </p>
  );
}

interface Scrolling {
  conversation: Conversation;
  snapshot: Snapshot;
  items: readonly Item[];
  list: React.RefObject<VirtualizerHandle | null>;
  scroller: React.RefObject<HTMLDivElement | null>;
}

/** Stays at the end, asks for pages, and tells what is in sight. */
function useScrolling({ conversation, snapshot, items, list, scroller }: Scrolling) {
  const isPinned = useRef(true);
  const lastOffset = useRef(0);
  const [isAtEnd, setAtEnd] = useState(true);
  const { view, pageFault } = snapshot;
  // What failed is tried again when the reader says so, or when there is a connection.
  const mayPage = pageFault === null;

  const look = useCallback(() => {
    const handle = list.current;
    if (!handle || items.length === 0) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    const left = scrollSize - scrollOffset - viewportSize;
    if (left <= AT_END_PX) isPinned.current = true;
    // Only the reader moves up; what grows below does not count.
    else if (scrollOffset < lastOffset.current - 1) isPinned.current = false;
    lastOffset.current = scrollOffset;
    setAtEnd(left <= AT_END_PX);
    if (mayPage && scrollOffset < PAGE_AHEAD_PX) void conversation.older();
    if (mayPage && left < PAGE_AHEAD_PX) void conversation.newer();
    const seqAt = (offset: number) => {
      const at = items.slice(0, handle.findItemIndex(offset) + 1).findLast((item) => !isUnsent(item));
      return at && !isUnsent(at) ? at.seq : 0;
    };
    conversation.shows({
      middle: seqAt(scrollOffset + viewportSize / 2),
      last: seqAt(scrollOffset + viewportSize - 8),
      atEnd: left <= AT_END_PX && !view.hasNewer,
    });
  }, [conversation, items, list, mayPage, view.hasNewer]);

  // Not scrollToIndex: for a while after it the list goes there again, against a reader who has just left.
  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (!isPinned.current || !element) return;
    element.scrollTop = element.scrollHeight;
    lastOffset.current = element.scrollTop;
  }, [scroller]);

  useLayoutEffect(toEnd, [items, toEnd]);
  // After what was drawn has been measured.
  useEffect(() => {
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [look]);
  const onResize = useCallback(() => {
    toEnd();
    look();
  }, [toEnd, look]);
  const stay = useCallback(() => {
    isPinned.current = true;
    toEnd();
  }, [toEnd]);
  const leave = useCallback(() => {
    isPinned.current = false;
  }, []);
  return { isAtEnd, onScroll: look, onResize, stay, leave };
}

interface Aiming {
  conversation: Conversation;
  target: Target | null;
  items: readonly Item[];
  list: React.RefObject<VirtualizerHandle | null>;
  /** Goes to the end, and stays there. */
  stay: () => void;
  leave: () => void;
  isWhole: boolean;
}

/** Brings the target into sight as soon as it is in the list; gives the key of what was looked for, for a moment. */
function useTarget({ conversation, target, items, list, stay, leave, isWhole }: Aiming): string | null {
  const [found, setFound] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (!target || items.length === 0) return;
    if (target.seq === Number.POSITIVE_INFINITY) {
      if (!isWhole) return;
      stay();
    } else {
      const index = items.findIndex((item) => !isUnsent(item) && item.seq >= target.seq);
      if (index < 0) return;
      leave();
      list.current?.scrollToIndex(index, target.isFound ? { align: 'center' } : { align: 'start', offset: -96 });
      const item = items[index];
      if (target.isFound && item) setFound(itemKey(item));
    }
    conversation.reached(target);
  }, [conversation, target, items, list, stay, leave, isWhole]);
  useEffect(() => {
    if (found === null) return;
    const timer = setTimeout(() => setFound(null), FLASH_MS);
    return () => clearTimeout(timer);
  }, [found]);
  return found;
}

interface Roving {
  conversation: Conversation;
  items: readonly Item[];
  list: React.RefObject<VirtualizerHandle | null>;
  scroller: React.RefObject<HTMLDivElement | null>;
  onCompose: () => void;
}

/** One message takes part in the order of Tab: the newest, until arrow keys or a press choose another. */
function useRoving({ conversation, items, list, scroller, onCompose }: Roving) {
  const [active, setActive] = useState<string | null>(null);
  const wantsFocus = useRef(false);
  const chosen = active === null ? -1 : items.findIndex((item) => itemKey(item) === active);
  // What was chosen may not be among those that are loaded now.
  const activeIndex = chosen >= 0 ? chosen : items.length - 1;

  useLayoutEffect(() => {
    if (!wantsFocus.current || active === null) return;
    wantsFocus.current = false;
    scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(active)}"]`)?.focus({ preventScroll: true });
  });

  const move = (step: 1 | -1) => {
    const index = Math.min(items.length - 1, Math.max(0, activeIndex + step));
    const item = items[index];
    if (!item) return;
    wantsFocus.current = true;
    setActive(itemKey(item));
    list.current?.scrollToIndex(index, { align: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // What opens above the list is drawn elsewhere, and looks after its own keys.
    if (!(event.target instanceof HTMLElement) || !event.currentTarget.contains(event.target)) return;
    const isOnMessage = event.target.dataset.key !== undefined;
    const steps: Record<string, () => void> = {
      ArrowUp: () => move(-1),
      ArrowDown: () => move(1),
      Home: () => void conversation.goTo(1),
      End: () => void conversation.goToEnd(),
    };
    const step = isOnMessage ? steps[event.key] : undefined;
    if (step) step();
    else if (event.key === 'Escape') onCompose();
    else return;
    event.preventDefault();
  };
  const onFocus = (event: React.FocusEvent) => {
    const message = event.target.closest<HTMLElement>('[data-key]');
    if (message?.dataset.key) setActive(message.dataset.key);
  };
  // Whoever goes on to write comes back to the newest. What opens above the list is no other place.
  const onBlur = ({ relatedTarget, currentTarget }: React.FocusEvent) => {
    const isLeft = relatedTarget instanceof Node && !currentTarget.contains(relatedTarget);
    if (isLeft && currentTarget.closest('section')?.contains(relatedTarget)) setActive(null);
  };
  return { activeIndex, onKeyDown, onFocus, onBlur };
}
