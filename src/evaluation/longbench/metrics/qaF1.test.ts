// F1 over words against Python's numbers, equal to the last bit.
import { expect, test } from 'vitest';
import { pythonVectors } from './pythonVectors.testing.ts';
import { qaF1 } from './qaF1.ts';

test.each([
  ['The Eiffel Tower, in Paris.', 'Eiffel tower', 0.6666666666666666],
  ['yes', 'Yes.', 1],
  ['the', 'a', 0],
  ['red red blue', 'red blue blue', 0.6666666666666666],
  ['', '', 0],
  ['It was 3,000.', '3000', 0.5],
  ['a b c', 'A, B; C', 1],
])('%j for %j scores %d', (prediction, gold, score) => {
  expect(qaF1(prediction, gold)).toBe(score);
});

test('every pair scores what Python computes', () => {
  const scores = pythonVectors.qaF1.map(([prediction, gold, score]) => {
    expect(qaF1(prediction, gold), JSON.stringify([prediction, gold])).toBe(score);
    return score;
  });
  expect(new Set(scores).size).toBeGreaterThan(20);
});
