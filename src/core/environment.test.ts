import { expect, test } from 'vitest';
import { environment } from './environment.ts';

test('TREEKV_CACHE is the cache folder', () => {
  expect(environment({ TREEKV_CACHE: '/c', HOME: '/h' })).toEqual({ cacheFolder: '/c' });
});

test('an unset or empty TREEKV_CACHE leaves the choice to the platform', () => {
  expect(environment({})).toEqual({});
  expect(environment({ TREEKV_CACHE: '' })).toEqual({});
});
