// Predictions as LongBench's eval.py reads them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../core/temporaryFolder.testing.ts';
import type { LongBenchData } from './longBenchData.ts';
import { type LongBenchUnit, unitKey } from './longBenchUnit.ts';
import { folderNames, writePredictions } from './writePredictions.ts';

test('a policy has a folder, a task a file, a sample a line', async () => {
  const folder = await temporaryFolder();
  const samples = [
    { index: 0, answers: ['a'], classes: null, length: 3 },
    { index: 1, answers: ['b', 'c'], classes: ['b'], length: 4 },
  ];
  const data = { tasks: [{ task: { name: 'trec' }, samples }] } as unknown as LongBenchData;
  const units = ['full', 'treekv:printed'].flatMap((policy) =>
    samples.map(({ index }) => ({
      ...{ key: unitKey('trec', index, policy), policy },
      prediction: `${policy}\n“${index}”`,
    })),
  ) as unknown as LongBenchUnit[];
  const files = await writePredictions(folder, data, units);
  expect(files).toEqual(['full', 'treekv-printed'].map((own) => join(folder, own, 'trec.jsonl')));
  const lines = (await readFile(files[1], 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { pred: 'treekv:printed\n“0”', answers: ['a'], all_classes: null, length: 3 },
    { pred: 'treekv:printed\n“1”', answers: ['b', 'c'], all_classes: ['b'], length: 4 },
  ]);
});

test('folders of policies that differ only in odd characters differ', () => {
  expect(folderNames(['h2o:official', 'h2o/official', './mine.mjs', 'h2o'])).toEqual([
    'h2o-official',
    'h2o-official~2',
    'mine.mjs',
    'h2o',
  ]);
});
