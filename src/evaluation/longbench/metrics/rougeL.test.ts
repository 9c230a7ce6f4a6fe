// ROUGE-L against the package `rouge` 1.0.1, equal to the last bit, its overflows included.
import { expect, test } from 'vitest';
import { pythonVectors, type Runs } from './pythonVectors.testing.ts';
import { rougeL } from './rougeL.ts';

test.each([
  [
    'the cat sat on the mat. it was happy.',
    'the cat was on the mat. the cat was very happy.',
    0.7999999950222222,
  ],
  ['hello world', 'hello world', 0.999999995],
  ['Hello world', 'hello world', 0.4999999950000001],
  ['a a a a b', 'a b', 0.999999995],
  ['b a', 'a b', 0.4999999950000001],
  ['', 'anything', 0],
  ['...', 'anything', 0],
  ['U.S. economy grew 3.5 percent.', 'the U.S. economy grew by 3.5 percent', 0.8749999950781251],
  ['w x y z', 'w x y z. x y', 0.999999995],
  [
    'Some text without trailing. Second sentence here',
    'Some text without trailing. Third sentence there',
    0.7142857092857143,
  ],
  ['a b. ', 'a b.', 0.7999999952000001],
  ['a\nb', 'a b', 0.999999995],
])('%j for %j scores %d', (prediction, gold, score) => {
  expect(rougeL(prediction, gold)).toBe(score);
});

test('every pair scores what the package computes', () => {
  const scores = pythonVectors.rougeL.map(([prediction, gold, score]) => {
    expect(rougeL(prediction, gold), JSON.stringify([prediction, gold])).toBe(score);
    return score;
  });
  expect(new Set(scores).size).toBeGreaterThan(100);
});

test('a sentence scores 0 where the recursion of the package overflows, and only there', () => {
  let overflows = 0;
  for (const [prediction, gold, score] of pythonVectors.rougeDeep) {
    const [p, g] = [spell(prediction), spell(gold)];
    expect(rougeL(p, g), JSON.stringify([prediction, gold])).toBe(score);
    const free = rougeL(p, g, { compatRecursionLimit: false });
    if (score === 0 && free > 0) overflows++;
    else expect(free).toBe(score);
  }
  expect(overflows).toBe(10);
});

function spell(runs: Runs): string {
  return runs
    .flatMap(([letter, count]) => Array.from({ length: count }, (_, i) => `${letter}${i}`))
    .join(' ');
}
