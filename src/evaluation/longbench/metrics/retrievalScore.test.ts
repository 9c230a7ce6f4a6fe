// The share of the right paragraph's number against Python's.
import { expect, test } from 'vitest';
import { pythonVectors } from './pythonVectors.testing.ts';
import { retrievalScore } from './retrievalScore.ts';

test.each([
  ['Paragraph 13, not 3', 'Paragraph 3', 0.5],
  ['Paragraph 3', 'Paragraph 3', 1],
])('%j for %j scores %d', (prediction, gold, score) => {
  expect(retrievalScore(prediction, gold)).toBe(score);
});

test('every pair scores what Python computes', () => {
  for (const [prediction, gold, score] of pythonVectors.retrieval) {
    expect(retrievalScore(prediction, gold), JSON.stringify([prediction, gold])).toBe(score);
  }
});

test('an answer of the data that names no paragraph is BAD_FILE', () => {
  expect(() => retrievalScore('3', 'paragraph 3')).toThrow(/"paragraph 3" names no paragraph/);
});
