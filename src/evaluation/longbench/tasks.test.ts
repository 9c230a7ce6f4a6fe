// The table of tasks.
import { expect, test } from 'vitest';
import { categories, findTasks, tasks } from './tasks.ts';

const named = (wanted: (task: (typeof tasks)[number]) => boolean) =>
  tasks.filter(wanted).map(({ name }) => name);

test('there are 16 tasks of 3,750 samples in 6 categories, 13 of them in LongBench-E', () => {
  expect(tasks).toHaveLength(16);
  expect(tasks.reduce((sum, { samples }) => sum + samples, 0)).toBe(3750);
  expect(categories).toHaveLength(6);
  expect(named(({ extended }) => extended)).toHaveLength(13);
});

test('answers may have as many tokens as in LongBench', () => {
  expect(tasks.map(({ name, maxNewTokens }) => `${name} ${maxNewTokens}`)).toEqual([
    ...['narrativeqa 128', 'qasper 128', 'multifieldqa_en 64', 'hotpotqa 32', '2wikimqa 32', 'musique 32'],
    ...['gov_report 512', 'qmsum 512', 'multi_news 512', 'trec 64', 'triviaqa 32', 'samsum 128'],
    ...['passage_count 32', 'passage_retrieval_en 32', 'lcc 64', 'repobench-p 64'],
  ]);
});

test('few-shot and code prompts are not wrapped; few-shot answers count by their first line', () => {
  expect(named(({ chat }) => !chat)).toEqual(['trec', 'triviaqa', 'samsum', 'lcc', 'repobench-p']);
  expect(named(({ firstLine }) => firstLine)).toEqual(['trec', 'triviaqa', 'samsum']);
  expect(named(({ endsAtNewline }) => endsAtNewline)).toEqual(['samsum']);
});

test('tasks come in the order of tables, whatever the order asked for', () => {
  expect(findTasks(['lcc', 'qasper']).map(({ name }) => name)).toEqual(['qasper', 'lcc']);
});

test('an unknown task is BAD_OPTION with the nearest', () => {
  expect(() => findTasks(['narativeqa'])).toThrow(
    /Unknown LongBench task 'narativeqa'. Did you mean 'narrativeqa'/,
  );
});
