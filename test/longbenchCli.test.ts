// `treekv eval longbench` as a person meets it: the built program on made-up files of LongBench's form, with a policy
// of the user's own, and on LongBench's own where they are at hand.
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { LongBenchResult } from '../src/evaluation/index.ts';
import { writeLongBenchFolder } from '../src/evaluation/longbench/longBenchFolder.testing.ts';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const everyKth = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const shared = join(import.meta.dirname, '..', '..', 'shared', 'data', 'longbench');
const place = useTemporaryCache();
let folder: string;
let data: string;

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'));
  data = await writeLongBenchFolder(join(place.folder, 'data'));
});

const longbench = (...words: readonly string[]) => runProgram('eval', 'longbench', ...words);

const tiny = () => ['-m', folder, '--dtype', 'fp32', '--threads', '1'];
const split = ['--budget', '48', '--sinks', '2', '--recent', '10'];
const made = () => ['--data', data, '--any-templates', '--tasks', 'qasper,trec,lcc'];

it('writes the result, its table, its plot and the predictions of every policy, a module among them', async () => {
  const output = join(place.folder, 'table3');
  const predictions = join(place.folder, 'pred');
  const policies = ['--policies', `full,treekv,${everyKth}`, '--prefill', 'chunked', '--chunk', '8'];
  const words = [
    ...tiny(),
    ...split,
    ...made(),
    ...policies,
    '--output',
    output,
    '--predictions',
    predictions,
  ];
  const first = await longbench(...words);
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toContain('| policy | budget | Qasper | TREC | LCC | Avg |');
  expect(first.stdout).toContain(everyKth);
  const files = (await readdir(place.folder)).filter((name) => name.startsWith('table3'));
  expect(files.sort()).toEqual(['table3.json', 'table3.md', 'table3.png', 'table3.svg']);
  const policyFolders = await readdir(predictions);
  expect(policyFolders).toHaveLength(3);
  for (const own of policyFolders) {
    expect((await readdir(join(predictions, own))).sort()).toEqual([
      'lcc.jsonl',
      'qasper.jsonl',
      'trec.jsonl',
    ]);
  }
  const result = JSON.parse(await readFile(`${output}.json`, 'utf8')) as LongBenchResult;
  expect(result).toMatchObject({ kind: 'longbench', complete: true });
  expect(result.units).toHaveLength(3 * 2 * 3);
  expect(result.protocol.policies[2].sha256).toMatch(/^[0-9a-f]{64}$/);

  const again = await longbench(...words);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toContain('--resume');
  const resumed = await longbench(...words, '--resume', '--json');
  expect(JSON.parse(resumed.stdout)).toEqual(result);
  const other = await longbench(...words, '--resume', '--max-length', '2k');
  expect(other.code).toBe(2);
  expect(other.stderr).toContain('protocol.maxLength was 32768 and is 2048');
});

it('in prefill mode full, the default, methods that are no policies run too', async () => {
  const { code, stdout } = await longbench(...tiny(), ...split, ...made(), '--limit', '1', '--json');
  expect(code).toBe(0);
  const { protocol, units } = JSON.parse(stdout) as LongBenchResult;
  expect(protocol.policies.map(({ name, prefill }) => `${name} ${prefill.mode}`)).toEqual([
    ...['full full', 'h2o full', 'snapkv full', 'treekv full'],
  ]);
  expect(units).toHaveLength(3 * 4);
});

it('in prefill mode chunked the policies that nobody named are those that run in it', async () => {
  const words = [...split, ...made(), '--limit', '1', '--prefill', 'chunked', '--json'];
  const { code, stdout, stderr } = await longbench(...tiny(), ...words);
  expect(code, stderr).toBe(0);
  const { protocol, units } = JSON.parse(stdout) as LongBenchResult;
  expect(protocol.policies.map(({ name, prefill }) => `${name} ${prefill.mode}`)).toEqual([
    ...['full chunked', 'h2o chunked', 'treekv chunked'],
  ]);
  expect(units).toHaveLength(3 * 3);
});

it('several budgets stand in one table under one full row', async () => {
  const words = [
    '--budget',
    '40,48',
    '--sinks',
    '2',
    '--recent',
    '3',
    '--policies',
    'full,h2o',
    '--limit',
    '1',
  ];
  const { code, stdout } = await longbench(...tiny(), ...made(), ...words);
  expect(code).toBe(0);
  const rows = stdout.split('\n').filter((line) => /^\| (full|h2o)\b.*\|/.test(line));
  expect(rows.slice(0, 3).map((row) => row.split(' | ').slice(0, 2).join(', '))).toEqual([
    ...['| full, all', '| h2o at 40, 40', '| h2o at 48, 48'],
  ]);
});

it.each([
  ['no data', [], 2, /--data/],
  ['an unknown task', ['--tasks', 'qasperr'], 2, /Did you mean 'qasper'/],
  [
    'a method in the wrong mode',
    ['--policies', 'snapkv', '--prefill', 'chunked'],
    2,
    /snapkv.*prefill mode 'full'/,
  ],
  ['an option without effect', ['--chunk', '8'], 2, /--chunk has no effect with --prefill full/],
  [
    'a budget for nobody',
    ['--policies', 'full', '--budget', '64'],
    2,
    /No policy named takes 'budget' \(64\)/,
  ],
  ['a maximum that leaves nothing', ['--tasks', 'lcc', '--max-length', '1'], 2, /maxLength.*at least 2/],
  ['a chat template that is missing', ['--tasks', 'lcc', '--chat', 'always'], 1, /no chat template/],
])('%s ends with one clear line', async (what, words, expected, message) => {
  const where = what === 'no data' ? [] : ['--data', data, '--any-templates'];
  const { code, stdout, stderr } = await longbench(...tiny(), ...where, ...words);
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

it('missing files are named, and where they are had; foreign config files are refused', async () => {
  const part = await writeLongBenchFolder(join(place.folder, 'part'));
  await rm(join(part, 'musique.jsonl'));
  const missing = await longbench(...tiny(), '--data', part);
  expect(missing).toMatchObject({ code: 1, stdout: '' });
  expect(missing.stderr).toMatch(/lacks musique\.jsonl\. Copy what is missing from data\.zip of LongBench/);
  const foreign = await longbench(...tiny(), '--data', data);
  expect(foreign.code).toBe(1);
  expect(foreign.stderr).toMatch(/answers of narrativeqa 4 tokens, LongBench's own file 128/);
});

const absent = !existsSync(shared);
const title = `the embedded model answers LongBench's own questions${absent ? ' (skipped: ../shared is absent)' : ''}`;

it.skipIf(absent)(title, async () => {
  const words = [
    '--data',
    shared,
    '--tasks',
    'narrativeqa',
    '--limit',
    '1',
    '--max-length',
    '400',
    '--budget',
    '128',
  ];
  const { code, stdout } = await longbench(...words, '--policies', 'full,treekv', '--json');
  expect(code).toBe(0);
  const { protocol, units, summary } = JSON.parse(stdout) as LongBenchResult;
  expect(protocol.tasks[0]).toMatchObject({ ownTemplate: true, part: true, samples: 1, published: 200 });
  expect(units.map(({ generated }) => generated)).toEqual([128, 128]);
  for (const { wholeTokens, promptTokens } of units) {
    expect(wholeTokens).toBeGreaterThan(20_000);
    expect(Math.abs(promptTokens - 400)).toBeLessThan(8);
  }
  for (const { average } of summary.scores) expect(average).toBeLessThan(50);
});
