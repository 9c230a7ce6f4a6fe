// Maps against counts by hand: shares of heads, cells that stand for several tokens and steps.
import { expect, test } from 'vitest';
import { streamingLlm } from '../../policies/index.ts';
import { keptMap, keptMapOverTime } from './keptMap.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';

test('a share is that of the heads that keep a token, in one layer or all', () => {
  const kept = { heads: 2, layers: [Int32Array.of(0, 3, 1, 3), Int32Array.of(2, 3, 2, 3)] };
  expect([...keptMap(kept, 4, 4, null).shares]).toEqual([0.25, 0.25, 0.5, 1]);
  expect([...keptMap(kept, 4, 4, 0).shares]).toEqual([0.5, 0.5, 0, 1]);
});

test('a column of several tokens is their mean, of different numbers too', () => {
  const kept = { heads: 1, layers: [Int32Array.of(0, 1, 4)] };
  // columns of the tokens 0 to 2 and 3 to 4
  expect([...keptMap(kept, 5, 2, null).shares]).toEqual([2 / 3, 1 / 2]);
});

const window = { budget: 2, sinks: 0, recent: 0 };
const { trace } = takeTrace({ definition: streamingLlm, options: window }, oneByOne(4));

test('over time, a row is what is kept after a step', () => {
  const { rows, columns, shares } = keptMapOverTime(trace, 4, null);
  expect([rows, columns]).toEqual([4, 4]);
  expect([...shares]).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1]);
});

test('a cell of several steps counts the pairs of a step and a token already read', () => {
  // first steps: tokens 0 and 1 after steps 0 and 1, three pairs, all kept. Last steps: of tokens 0 and 1 one of
  // four pairs, of tokens 2 and 3 three of three
  expect([...keptMapOverTime(trace, 2, null).shares]).toEqual([1, 0, 0.25, 1]);
});
