import { describe, expect, it } from 'vitest';
import { byTable, fitting, isSet, type Setting } from './settings';

const SETTINGS: Setting[] = [
  { key: 'listen', value: '127.0.0.1:8000', source: 'default' },
  { key: 'graphql.cost_max', value: '20000', source: 'default' },
  { key: 'graphql.roots_max', value: '10', source: 'file /etc/tertulia.toml, line 4' },
];

describe('a search among settings', () => {
  it('takes every word, wherever it stands', () => {
    expect(fitting(SETTINGS, 'MAX file').map(({ key }) => key)).toEqual(['graphql.roots_max']);
    expect(fitting(SETTINGS, '8000').map(({ key }) => key)).toEqual(['listen']);
    expect(fitting(SETTINGS, 'max nowhere')).toEqual([]);
  });

  it('for nothing finds all', () => {
    expect(fitting(SETTINGS, '  ')).toEqual(SETTINGS);
  });
});

it('settings are put together by the table they stand in', () => {
  expect(byTable(SETTINGS).map(({ name, settings }) => [name, settings.length])).toEqual([
    ['', 1],
    ['graphql', 2],
  ]);
});

it('a default is not set by anyone', () => {
  expect(SETTINGS.map(isSet)).toEqual([false, false, true]);
});
