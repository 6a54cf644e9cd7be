// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { colourOf, initials } from './Avatar';

describe('initials', () => {
  it.each([
    ['Amber Reyes', 'AR'],
    ['amber', 'A'],
    ['Ana María de la Cruz', 'AC'],
    ['jean-luc', 'JL'],
    ['  ', '?'],
    ['🙂 Zoë', 'Z'],
    ['李小龍', '李'],
    ['𝒜lice 𝒲', '𝒜𝒲'],
    ['123 456', '14'],
  ])('of %j are %s', (name, letters) => {
    expect(initials(name)).toBe(letters);
  });

  it('have a colour that stays', () => {
    expect(colourOf('AQID')).toBe(colourOf('AQID'));
    expect(new Set(Array.from({ length: 100 }, (_, n) => colourOf(`id${n}`))).size).toBe(8);
  });
});
