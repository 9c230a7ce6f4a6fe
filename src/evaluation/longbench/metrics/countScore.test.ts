// The share of right numbers against Python's.
import { expect, test } from 'vitest';
import { countScore } from './countScore.ts';
import { pythonVectors } from './pythonVectors.testing.ts';

test.each([
  ['There are 12 paragraphs, 12 unique of 30', '12', 0.6666666666666666],
  ['12.5', '12', 0.5],
  ['no number', '12', 0],
  ['03', '3', 0],
  ['٣ paragraphs', '3', 0],
])('%j for %j scores %d', (prediction, gold, score) => {
  expect(countScore(prediction, gold)).toBe(score);
});

test('every pair scores what Python computes', () => {
  for (const [prediction, gold, score] of pythonVectors.count) {
    expect(countScore(prediction, gold), JSON.stringify([prediction, gold])).toBe(score);
  }
});
