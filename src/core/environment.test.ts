import { expect, test } from 'vitest';
import { environment } from './environment.ts';

test('TREEKV_CACHE is the cache folder', () => {
  expect(environment({ TREEKV_CACHE: '/c', HOME: '/h' })).toEqual({ cacheFolder: '/c' });
});

test('TREEKV_CACHE may begin at home and use other variables', () => {
  expect(environment({ TREEKV_CACHE: '~/$SUB', HOME: '/h', SUB: 's' })).toEqual({ cacheFolder: '/h/s' });
});

test('an unset or empty TREEKV_CACHE leaves the choice to the platform', () => {
  expect(environment({})).toEqual({});
  expect(environment({ TREEKV_CACHE: '' })).toEqual({});
});
