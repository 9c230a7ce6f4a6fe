// Named classes against Python's numbers, the slip of the shrinking list included.
import { expect, test } from 'vitest';
import { classificationScore } from './classificationScore.ts';
import { pythonVectors } from './pythonVectors.testing.ts';

const person = 'Description of a person';
const number = 'Number of something';

test.each([
  [person, person, ['Description', person, 'person', 'of a'], 0.5],
  ['a b c d', 'a b c d', ['a', 'b', 'c', 'd', 'a b c d'], 0.3333333333333333],
  [number, number, ['Number', 'something', number], 0.5],
  [number, number, ['Number', number], 1],
  ['Food and Animal', 'Food', ['Animal', 'Food'], 0.5],
  ['Plant', 'Food', ['Plant', 'Food'], 0],
])('%j for %j among %j scores %d', (prediction, gold, classes, score) => {
  expect(classificationScore(prediction, gold, classes)).toBe(score);
});

test('every case scores what Python computes, and some owe it to the slip', () => {
  let slips = 0;
  for (const [prediction, gold, classes, score] of pythonVectors.classification) {
    expect(classificationScore(prediction, gold, classes), JSON.stringify([prediction, gold, classes])).toBe(
      score,
    );
    const kept = classes.filter(
      (name) => prediction.includes(name) && (name === gold || !gold.includes(name)),
    );
    if (score !== (kept.includes(gold) ? 1 / kept.length : 0)) slips++;
  }
  expect(slips).toBeGreaterThan(10);
});
