// When a continuation counts as the answer.
import { expect, test } from 'vitest';
import { scoreText } from './answerScores.ts';

test.each([
  [' 48213. The', '48213', true, true],
  ['\n 48213', '48213', true, true],
  ['48213', '48213', true, true],
  ['It is 48213.', '48213', true, false],
  ['482137', '48213', false, false],
  ['7 48213x', '48213', false, false],
  ['148213 or 48213', '48213', true, false],
  ['(48213)', '48213', true, false],
  [' 4821', '48213', false, false],
  ['', '48213', false, false],
  [' ABERNATHY, and', 'Abernathy', true, true],
  [' Abernathys', 'Abernathy', false, false],
])('%j answers %j: contains %s, exact %s', (text, answer, contains, exact) => {
  expect(scoreText(text, answer)).toEqual({ text, contains, exact });
});
