import { beforeEach, describe, expect, it } from 'vitest';
import { Drafts, EMPTY } from './drafts';

const replyTo = { id: 'm1', seq: 1, text: 'Who is in?', senderName: 'Amber' };

describe('drafts', () => {
  beforeEach(() => sessionStorage.clear());

  it('are kept for each room and person', () => {
    const drafts = new Drafts('u1', sessionStorage);
    drafts.keep('r1', { text: 'half a sen', replyTo });
    expect(drafts.read('r1')).toEqual({ text: 'half a sen', replyTo });
    expect(drafts.read('r2')).toEqual(EMPTY);
    expect(new Drafts('u2', sessionStorage).read('r1')).toEqual(EMPTY);
  });

  it('keep the files that go with them', () => {
    const drafts = new Drafts('u1', sessionStorage);
    drafts.keepFiles('r1', ['f1', 'f2']);
    expect(drafts.files('r1')).toEqual(['f1', 'f2']);
    expect(drafts.files('r2')).toEqual([]);
    drafts.keepFiles('r1', []);
    expect(drafts.files('r1')).toEqual([]);
  });

  it('are gone once there is nothing in them', () => {
    const drafts = new Drafts('u1', sessionStorage);
    drafts.keep('r1', { text: 'a', replyTo: null });
    drafts.keep('r1', EMPTY);
    expect(sessionStorage.length).toBe(0);
  });

  it('do without storage, and with nonsense in it', () => {
    const refuse = () => {
      throw new Error('SecurityError');
    };
    const nowhere = new Drafts('u1', { getItem: refuse, setItem: refuse, removeItem: refuse });
    nowhere.keep('r1', { text: 'a', replyTo: null });
    expect(nowhere.read('r1')).toEqual(EMPTY);
    sessionStorage.setItem('tertulia.draft.u1.r1', '{');
    expect(new Drafts('u1', sessionStorage).read('r1')).toEqual(EMPTY);
  });
});
