import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox } from '../composer/outbox';
import { amber, bruno } from '../testing/messages';
import { RoomInMemory } from '../testing/remote';
import { Conversation } from './conversation';

const shelf = { length: 0, key: () => null, getItem: () => null, setItem: () => {}, removeItem: () => {} };

function emptyOutbox(): Outbox {
  const send = () => new Promise<never>(() => {});
  return new Outbox('amber', { send, storage: shelf, now: () => 0, newKey: () => 'key1', after: () => () => {} });
}

describe('a conversation', () => {
  let room: RoomInMemory;
  let outbox: Outbox;
  let conversation: Conversation;

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    conversation.close();
    vi.useRealTimers();
  });

  async function open(count: number, { read = count, at = null as string | null, onMissing = () => {} } = {}) {
    room = new RoomInMemory(count);
    room.lastReadSeq = read;
    outbox = emptyOutbox();
    conversation = new Conversation('r1', 'amber', room, outbox);
    conversation.open(at, onMissing);
    await drawn();
  }

  /** Lets everything that is under way come in, and a frame be drawn. */
  const drawn = () => vi.advanceTimersByTimeAsync(300);
  const seqs = () => conversation.snapshot.view.messages.map(({ seq }) => seq);
  const span = () => [seqs()[0], seqs().at(-1)];

  it('opens at its end when all is read, and follows from where it was read', async () => {
    await open(120);
    expect(conversation.snapshot.phase).toEqual({ is: 'open' });
    expect(span()).toEqual([71, 120]);
    expect(conversation.snapshot.target).toEqual({ seq: Number.POSITIVE_INFINITY, isFound: false });
    expect(room.feeds.map(({ after }) => after)).toEqual(['event0']);
    room.say();
    await drawn();
    expect(span()).toEqual([71, 121]);
  });

  it('opens at the first message that is new', async () => {
    await open(120, { read: 117 });
    expect(conversation.snapshot).toMatchObject({ newAfter: 117, target: { seq: 118, isFound: false } });
    expect(span()).toEqual([71, 120]);
  });

  it('takes what one wrote oneself for read', async () => {
    await open(120);
    room.say({ sender: amber });
    conversation.close();
    conversation.open();
    await drawn();
    expect(conversation.snapshot).toMatchObject({ newAfter: null, readSeq: 121 });
    room.say();
    await drawn();
    expect(conversation.snapshot).toMatchObject({ newAfter: 121, readSeq: 121 });
  });

  it('opens at the first message that is new, however long ago that was', async () => {
    await open(1_000, { read: 300 });
    expect(room.asked).toEqual(['open', 'around 301']);
    expect(span()).toEqual([251, 351]);
    expect(conversation.snapshot).toMatchObject({ newAfter: 300, target: { seq: 301, isFound: false } });
    expect(conversation.snapshot.view).toMatchObject({ hasOlder: true, hasNewer: true, newest: 1_000 });
  });

  it('opens at a message that is asked for', async () => {
    await open(1_000, { at: 'm400' });
    expect(span()).toEqual([350, 450]);
    expect(conversation.snapshot.target).toEqual({ seq: 400, isFound: true });
  });

  it('opens at its end and says so when the message asked for is not there', async () => {
    const missing = vi.fn();
    await open(60, { at: 'gone', onMissing: missing });
    expect(missing).toHaveBeenCalledOnce();
    expect(span()).toEqual([11, 60]);
  });

  it('pages back and forth, each page once', async () => {
    await open(300, { at: 'm150' });
    void conversation.older();
    void conversation.older();
    await drawn();
    void conversation.newer();
    await drawn();
    expect(room.asked).toEqual(['open', 'around 150', 'older c100', 'newer c200']);
    expect(span()).toEqual([50, 300]);
    expect(conversation.snapshot.view.hasNewer).toBe(false);
    await conversation.newer();
    expect(room.asked).toHaveLength(4);
  });

  it('joins what it pages to with what it held already', async () => {
    await open(200);
    await conversation.find('m110');
    await drawn();
    expect(span()).toEqual([60, 200]);
  });

  it('goes to its end and to its beginning', async () => {
    await open(500, { at: 'm250' });
    await conversation.goTo(1);
    await drawn();
    expect(span()).toEqual([1, 51]);
    await conversation.goToEnd();
    await drawn();
    expect(span()).toEqual([451, 500]);
    expect(room.asked.at(-1)).not.toBe('newest');
  });

  it('loads its end anew when that is no longer held', async () => {
    await open(300, { at: 'm100' });
    room.messages.push(...new RoomInMemory(400).messages.slice(300));
    conversation.timeline.reaches(400);
    await conversation.goToEnd();
    await drawn();
    expect(room.asked.at(-1)).toBe('newest');
    expect(span()).toEqual([351, 400]);
  });

  it('does not say that a message is gone when it could not be looked for', async () => {
    const missing = vi.fn();
    await open(200);
    expect(await conversation.find('gone')).toBe(false);
    room.isUnreachable = true;
    expect(await conversation.find('m3')).toBeNull();
    conversation.open('m3', missing);
    await drawn();
    expect(missing).not.toHaveBeenCalled();
  });

  it('says why a page cannot be had, and goes on when it can', async () => {
    await open(200);
    room.isUnreachable = true;
    await conversation.older();
    await drawn();
    expect(conversation.snapshot).toMatchObject({ loading: null, pageFault: { code: 'NETWORK' } });
    room.isUnreachable = false;
    await conversation.older();
    await drawn();
    expect(conversation.snapshot.pageFault).toBeNull();
    expect(span()).toEqual([101, 200]);
  });

  it('tells its changes once a frame', async () => {
    await open(10);
    const told = vi.fn();
    conversation.onChange(told);
    for (let index = 0; index < 50; index += 1) room.say();
    expect(told).not.toHaveBeenCalled();
    await drawn();
    expect(told).toHaveBeenCalledOnce();
    expect(span()).toEqual([1, 60]);
  });

  it('draws a line above what came while nobody looked, once', async () => {
    await open(10);
    conversation.shows({ middle: 8, last: 10, atEnd: true });
    conversation.reading.looks(true);
    room.say();
    expect(conversation.snapshot.newAfter).toBeNull();
    conversation.shows({ middle: 8, last: 11, atEnd: true });
    await drawn();
    await drawn();
    expect(room.marked).toEqual([11]);
    conversation.reading.looks(false);
    room.say();
    room.say();
    await drawn();
    expect(conversation.snapshot.newAfter).toBe(11);
    expect(room.marked).toEqual([11]);
  });

  it('draws no line above what one has written oneself, and takes it away then', async () => {
    await open(10, { read: 8 });
    expect(conversation.snapshot.newAfter).toBe(8);
    conversation.wrote();
    room.say({ sender: amber });
    await drawn();
    expect(conversation.snapshot).toMatchObject({ newAfter: null, target: { seq: Number.POSITIVE_INFINITY } });
  });

  it('takes its own message from the outbox when the feed has it', async () => {
    await open(10);
    outbox.write({ roomId: 'r1', text: 'hello', replyTo: null, files: [] });
    await drawn();
    expect(conversation.snapshot.unsent.map(({ key }) => key)).toEqual(['key1']);
    room.say({ sender: amber, clientMessageId: 'key1' });
    await drawn();
    expect(conversation.snapshot.unsent).toEqual([]);
  });

  it('calls out what others say live, not what was missed', async () => {
    await open(10);
    const heard: number[] = [];
    conversation.onArrival(({ seq }) => heard.push(seq));
    room.say({}, true);
    room.say();
    room.say({ sender: amber });
    expect(heard).toEqual([12]);
  });

  it('takes in what becomes of messages', async () => {
    await open(5);
    const [first, second] = room.messages;
    if (!first || !second) throw new Error('There are five.');
    room.tell({ __typename: 'MessageChanged', message: { ...first, text: 'other', editedAt: 'now' } });
    room.tell({ __typename: 'MessageDeleted', messageId: second.id, seq: second.seq });
    room.tell({ __typename: 'HistoryTrimmed', fromSeq: 3, toSeq: 4 });
    room.tell({ __typename: 'RoomChanged', room: { ...room.room, name: 'Window table' } });
    await drawn();
    expect(conversation.snapshot.view.messages.map(({ text }) => text)).toEqual(['other', '', 'message 5']);
    expect(conversation.snapshot.room?.name).toBe('Window table');
  });

  it('shows how far others have read', async () => {
    await open(5);
    room.tell({ __typename: 'ReadMoved', user: bruno, lastReadSeq: 4 });
    room.tell({ __typename: 'ReadMoved', user: amber, lastReadSeq: 5 });
    await drawn();
    expect([...conversation.snapshot.marks]).toEqual([[4, [bruno]]]);
    expect(conversation.snapshot.readSeq).toBe(5);
    room.tell({ __typename: 'MemberChanged', user: { id: 'bruno' }, role: null });
    await drawn();
    expect([...conversation.snapshot.marks]).toEqual([]);
  });

  it('shows a reaction before it is answered, and takes it back when it is refused', async () => {
    await open(3);
    room.isUnreachable = true;
    const answer = conversation.react('m3', '👍', true);
    expect(conversation.timeline.get('m3')?.reactions).toEqual([{ emoji: '👍', count: 1, viewerReacted: true }]);
    expect((await answer)[0]?.code).toBe('NETWORK');
    expect(conversation.timeline.get('m3')?.reactions).toEqual([]);
    room.isUnreachable = false;
    expect(await conversation.react('m3', '👍', true)).toEqual([]);
    expect(conversation.timeline.get('m3')?.reactions).toHaveLength(1);
  });

  it('goes on from its last cursor when it is opened again', async () => {
    await open(10);
    room.say();
    conversation.close();
    expect(room.feeds).toEqual([]);
    for (let index = 0; index < 3; index += 1) room.messages.push(...new RoomInMemory(12 + index).messages.slice(-1));
    conversation.open();
    await drawn();
    expect(room.feeds.map(({ after }) => after)).toEqual(['c11']);
    expect(span()).toEqual([1, 14]);
  });

  it('loads everything anew when too much was missed, and goes back to where the reader was', async () => {
    await open(300, { at: 'm100' });
    conversation.shows({ middle: 100, last: 105, atEnd: false });
    room.tell({ __typename: 'SubscriptionStarted', backlog: 5_000 });
    await drawn();
    expect(room.asked).toEqual(['open', 'around 100', 'open', 'around 100']);
    expect(room.feeds).toHaveLength(1);
    expect(conversation.snapshot.target).toEqual({ seq: 100, isFound: true });
  });

  it('loads everything anew when its cursor is of another time', async () => {
    await open(10);
    room.messages = new RoomInMemory(4).messages;
    const cursor = await room.feeds[0]?.handlers.reset?.();
    await drawn();
    expect(cursor).toBe(room.cursor);
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it('says when it cannot be loaded, and when it is gone', async () => {
    await open(10);
    conversation.close();
    conversation = new Conversation('r1', 'amber', room, outbox);
    room.isUnreachable = true;
    conversation.open();
    await drawn();
    expect(conversation.snapshot.phase).toMatchObject({ is: 'failed', fault: { code: 'NETWORK' } });
    room.isUnreachable = false;
    conversation.open();
    await drawn();
    expect(conversation.snapshot.phase).toEqual({ is: 'open' });
    room.feeds[0]?.handlers.ended?.({ is: 'ended', code: 'NOT_A_MEMBER', message: 'You were removed.' });
    await drawn();
    expect(conversation.snapshot.phase).toEqual({ is: 'gone' });
  });

  it('forgets what is far from the reader, and asks for it again', async () => {
    await open(10);
    conversation.shows({ middle: 8, last: 10, atEnd: true });
    for (let index = 0; index < 2_100; index += 1) room.say();
    await drawn();
    await drawn();
    expect(conversation.timeline.size).toBeLessThanOrEqual(1_001);
    expect(seqs().at(-1)).toBe(2_110);
    await conversation.older();
    await drawn();
    expect(room.asked.at(-1)).toBe(`older c${2_110 - 1_000}`);
  });
});
