// @vitest-environment node
// Each text is there in each language, with the same blanks to fill in.
import { describe, expect, it } from 'vitest';

type Texts = { readonly [key: string]: string | Texts };

const files = import.meta.glob<{ default: Texts }>('./{en,es}/*.ts', { eager: true });
const areas = [...new Set(Object.keys(files).map((path) => path.split('/').at(-1) ?? ''))];

function flat(texts: Texts, before = ''): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[before + key, value] as [string, string]] : flat(value, `${before}${key}.`),
  );
}

function textsOf(language: string, area: string): Map<string, string> {
  const file = files[`./${language}/${area}`];
  if (!file) throw new Error(`${language}/${area} is missing`);
  return new Map(flat(file.default));
}

describe.each(areas)('%s', (area) => {
  it('has the same texts in English and in Spanish', () => {
    expect([...textsOf('es', area).keys()].sort()).toEqual([...textsOf('en', area).keys()].sort());
  });

  it('has the same blanks in both', () => {
    const blanks = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
    const es = textsOf('es', area);
    for (const [key, text] of textsOf('en', area)) expect([key, blanks(es.get(key) ?? '')]).toEqual([key, blanks(text)]);
  });

  it('leaves no text empty', () => {
    for (const language of ['en', 'es']) for (const [key, text] of textsOf(language, area)) expect([key, text.trim()]).not.toEqual([key, '']);
  });
});
