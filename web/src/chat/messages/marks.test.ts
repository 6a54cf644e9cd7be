import { describe, expect, it } from 'vitest';
import { Marks } from './marks';

const [me, amber, bruno] = [{ id: 'me' }, { id: 'amber' }, { id: 'bruno' }];

function marks(): Marks<{ id: string }> {
  const made = new Marks<{ id: string }>('me');
  made.all([
    { person: me, seq: 9 },
    { person: amber, seq: 4 },
    { person: bruno, seq: null },
  ]);
  return made;
}

describe('read marks', () => {
  it('show where the others are, and nobody who has read nothing', () => {
    expect([...marks().bySeq]).toEqual([[4, [amber]]]);
  });

  it('move as people read on', () => {
    const all = marks();
    const before = all.bySeq;
    expect(all.bySeq).toBe(before);
    all.moved(amber, 7);
    all.moved(bruno, 7);
    expect([...all.bySeq]).toEqual([[7, [amber, bruno]]]);
  });

  it('are not set back by an answer that was asked for earlier', () => {
    const all = marks();
    all.moved(amber, 7);
    all.all([{ person: amber, seq: 4 }]);
    expect([...all.bySeq]).toEqual([[7, [amber]]]);
  });

  it('go with those who leave', () => {
    const all = marks();
    all.gone('amber');
    all.gone('nobody');
    expect([...all.bySeq]).toEqual([]);
  });
});
