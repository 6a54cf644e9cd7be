import { describe, expect, it } from 'vitest';
import { aMessage, amber, bruno } from '../testing/messages';
import { type Item, itemKey, itemsOf, standing } from './rows';
import type { Unsent } from '../composer/outbox';

const at = (time: string) => `2026-03-0${time}:00.000`;

function unsent(key: string, writtenAt = at('3T10:00')): Unsent {
  return { key, roomId: 'r1', text: key, replyTo: null, files: [], writtenAt: Date.parse(writtenAt), state: 'waiting', fault: null };
}

const flags = (items: readonly Item[], newAfter: number | null = null) =>
  items.map((_, index) => {
    const { beginsDay, beginsGroup, endsGroup, isFirstNew } = standing(items, index, 'amber', newAfter);
    return [beginsDay && 'day', isFirstNew && 'new', beginsGroup && 'begins', endsGroup && 'ends'].filter(Boolean).join(' ');
  });

describe('how messages stand to each other', () => {
  it('groups what one person says within five minutes', () => {
    const said = [
      aMessage(1, { sender: amber, createdAt: at('3T10:00') }),
      aMessage(2, { sender: amber, createdAt: at('3T10:04') }),
      aMessage(3, { sender: bruno, createdAt: at('3T10:04') }),
      aMessage(4, { sender: bruno, createdAt: at('3T10:10') }),
    ];
    expect(flags(said)).toEqual(['day begins', 'ends', 'begins ends', 'begins ends']);
  });

  it('begins a group with a day, with what is new, and with those whose account is gone', () => {
    const said = [
      aMessage(1, { sender: amber, createdAt: at('3T23:59') }),
      aMessage(2, { sender: amber, createdAt: at('4T00:01') }),
      aMessage(3, { sender: amber, createdAt: at('4T00:02') }),
      aMessage(4, { sender: null, createdAt: at('4T00:02') }),
      aMessage(5, { sender: null, createdAt: at('4T00:02') }),
    ];
    expect(flags(said, 2)).toEqual(['day begins ends', 'day begins ends', 'new begins ends', 'begins ends', 'begins ends']);
  });

  it('puts what is on its way into the group of its writer', () => {
    const said = [aMessage(1, { sender: amber, createdAt: at('3T10:00') }), unsent('k1'), unsent('k2')];
    expect(flags(said)).toEqual(['day begins', '', 'ends']);
  });

  it('shows what is on its way at the end, and not twice', () => {
    const said = [aMessage(1), aMessage(2, { clientMessageId: 'k1' })];
    const keys = (hasNewer: boolean) => itemsOf(said, [unsent('k1'), unsent('k2')], hasNewer).map(itemKey);
    expect(keys(false)).toEqual(['m1', 'k1', 'k2']);
    expect(keys(true)).toEqual(['m1', 'k1']);
  });
});
