// The likeness of lines against difflib's ratio and Python's rounding.
import { expect, test } from 'vitest';
import { codeSimilarity, percentAlike } from './codeSimilarity.ts';
import { pythonVectors } from './pythonVectors.testing.ts';

test.each([
  ['abc', 'cadb', 57],
  ['cadb', 'abc', 29],
  ['A L I E N S', 'A S A L', 33],
  ['A S A L', 'A L I E N S', 33],
  ['return self.x', 'return self.y', 92],
  ['', 'a', 0],
  ['', '', 100],
  ['tide', 'diet', 25],
  ['diet', 'tide', 50],
  ['abcdefgh', 'abcdefgx', 88],
  ['a', 'ab', 67],
  ['abcdefgh', 'a1234567', 12],
  ['abcdexyz', 'abcde123', 62],
  [`${'ab'.repeat(120)}xyz`, `${'ba'.repeat(120)}xyw`, 1],
])('%j is to %j alike by %d', (a, b, percent) => {
  expect(percentAlike(a, b)).toBe(percent);
});

test.each([
  ['\n\n```python\n# comment\n    return x + 1\nfoo', '    return x + 2', 0.94],
  ['# a\n// b', 'x = 1', 0],
  ['# a', '', 1],
  ['\n  \nfoo()', 'foo()', 0],
  ['public static void main(String[] args) {', 'public void run(String arg) {', 0.78],
  ['for i in range(10):', 'for j in range(20):', 0.89],
  ['x = 1\r\n', 'x = 1', 0.91],
  ["x = 'http://a'\ny = 2", 'y = 2', 1],
])('%j for %j scores %d', (prediction, gold, score) => {
  expect(codeSimilarity(prediction, gold)).toBe(score);
});

test('every pair of texts is as alike as difflib finds it', () => {
  const long = pythonVectors.percent.filter(([, b]) => Array.from(b).length >= 200);
  expect(long.length).toBeGreaterThan(20);
  for (const [a, b, percent] of pythonVectors.percent) {
    expect(percentAlike(a, b), JSON.stringify([a, b])).toBe(percent);
  }
});

test('every answer scores what Python computes', () => {
  for (const [prediction, gold, score] of pythonVectors.code) {
    expect(codeSimilarity(prediction, gold), JSON.stringify([prediction, gold])).toBe(score);
  }
});
