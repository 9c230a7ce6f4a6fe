import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const names = ['budget', 'sinks', 'recent', 'seed'];

test('two swapped letters still find the name', () => {
  expect(nearest('bugdet', names)).toBe('budget');
});

test('capitals do not count', () => {
  expect(nearest('SINK', names)).toBe('sinks');
});

test('the first of two equally near names wins', () => {
  expect(nearest('abx', ['aby', 'abz'])).toBe('aby');
});

test('a word that shares almost nothing has no nearest name', () => {
  expect(nearest('temperature', names)).toBeUndefined();
  expect(nearest('', names)).toBeUndefined();
});
