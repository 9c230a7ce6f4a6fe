// Which part of an answer is scored, and against which right answers.
import { expect, test } from 'vitest';
import { scorePrediction } from './scorePrediction.ts';
import { findTasks } from './tasks.ts';

const judged = { classes: ['Food', 'Plant', 'Animal'] };
const score = (task: string, prediction: string, ...answers: string[]) =>
  scorePrediction(findTasks([task])[0], prediction, answers, judged);

test('the best of the right answers counts, and none of them gives 0', () => {
  expect(score('qasper', 'the red boat', 'ice', 'red boat', 'boat')).toBe(1);
  expect(score('qasper', 'the red boat', 'ice')).toBe(0);
  expect(score('qasper', 'the red boat')).toBe(0);
});

test('few-shot tasks score the first line behind leading line feeds, others the whole', () => {
  const prediction = '\n\nred boat\nQuestion: blue';
  expect(score('triviaqa', prediction, 'red boat')).toBe(1);
  expect(score('hotpotqa', prediction, 'red boat')).toBeLessThan(1);
  expect(score('samsum', prediction, 'red boat')).toBe(0.999999995);
  expect(score('gov_report', prediction, 'red boat')).toBeLessThan(0.9);
  expect(score('trec', 'Food\nPlant', 'Food')).toBe(1);
});

test.each([
  ['narrativeqa', 'a', 'b', 0],
  ['multi_news', 'a b', 'a c', 0.4999999950000001],
  ['trec', 'Food or Plant', 'Food', 0.5],
  ['passage_count', '3 of 4', '3', 0.5],
  ['passage_retrieval_en', '3 of 4', 'Paragraph 3', 0.5],
  ['repobench-p', '# x\nreturn self.x', 'return self.y', 0.92],
])('%s has its metric', (task, prediction, answer, expected) => {
  expect(score(task, prediction, answer)).toBe(expected);
});

test('the overflow of long summaries is kept or not', () => {
  const long = Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' ');
  const [task] = findTasks(['gov_report']);
  expect(scorePrediction(task, long, [long], judged)).toBe(0);
  expect(scorePrediction(task, long, [long], { ...judged, compatRecursionLimit: false })).toBeGreaterThan(
    0.99,
  );
});
