// The settings in force, in the order of the reference; what fits a search, and which table of the file each stands in.

export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly source: string;
}

export interface Table {
  /** `graphql` of `graphql.cost_max`; empty for keys that stand in none. */
  readonly name: string;
  readonly settings: readonly Setting[];
}

/** Every word must occur, in the key, the value or the source. */
export function fitting(settings: readonly Setting[], search: string): readonly Setting[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return settings.filter(({ key, value, source }) => {
    const text = `${key} ${value} ${source}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Tables in the order in which they first come. */
export function byTable(settings: readonly Setting[]): readonly Table[] {
  const tables = new Map<string, Setting[]>();
  for (const setting of settings) {
    const dot = setting.key.lastIndexOf('.');
    const name = dot < 0 ? '' : setting.key.slice(0, dot);
    tables.set(name, [...(tables.get(name) ?? []), setting]);
  }
  return [...tables].map(([name, found]) => ({ name, settings: found }));
}

/** Whether somebody has set it. */
export function isSet({ source }: Setting): boolean {
  return !source.startsWith('default');
}
