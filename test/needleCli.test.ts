// `treekv eval needle` as a person meets it: the built program in a process of its own, on a small random model.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyChatFolder } from './support/tinyChatFolder.ts';

const module = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const place = useTemporaryCache();
let reading: readonly string[];

beforeAll(async () => {
  const model = await writeTinyChatFolder(join(place.folder, 'model'));
  reading = ['-m', model, '--dtype', 'fp32', '--budget', '40'];
});

const needle = (...args: readonly string[]) => runProgram('eval', 'needle', ...args);

const grid = [
  '--lengths',
  '384,512',
  '--depths',
  '0,1',
  '--samples',
  '2',
  '--policies',
  `full,treekv,${module}`,
];

it('prints tables and writes result, tables and picture; a second run needs --resume, which gives the same', async () => {
  const stem = join(place.folder, 'grid');
  const args = [...reading, ...grid, '--filler', 'neutral', '--score', 'likelihood', '--output', stem];
  const first = await needle(...args);
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('grid.json') });
  expect(first.stdout).toContain('| policy | length | depth 0 | depth 1 |');
  expect(first.stdout.match(/^\| treekv \| (384|512) \| \d\.\d\d \[/gm)).toHaveLength(2);
  expect(await readFile(`${stem}.md`, 'utf8')).toBe(first.stdout);
  expect(await readFile(`${stem}.svg`, 'utf8')).toContain('<svg');
  expect(await readFile(`${stem}.png`)).not.toHaveLength(0);
  const json = await readFile(`${stem}.json`, 'utf8');
  expect(JSON.parse(json)).toMatchObject({
    kind: 'needle',
    complete: true,
    protocol: { task: 'passkey', ask: 'repeat', filler: { name: 'neutral' }, query: null },
  });
  const again = await needle(...args);
  expect(again).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--resume') });
  const resumed = await needle(...args, '--resume');
  expect(resumed).toMatchObject({ code: 0, stdout: first.stdout });
  expect(await readFile(`${stem}.json`, 'utf8')).toBe(json);
});

it('runs lists, compression at once, and the chat template', async () => {
  const chosen = ['--task', 'key-value', '--prefill', 'full', '--query', 'agnostic', '--chat', 'auto'];
  const small = ['--lengths', '512', '--depths', '0.5', '--samples', '1', '--max-new-tokens', '3'];
  const { code, stdout } = await needle(
    ...reading,
    ...chosen,
    ...small,
    ...['--policies', 'full,snapkv', '--json'],
  );
  expect(code).toBe(0);
  const { protocol, units } = JSON.parse(stdout);
  expect(protocol).toMatchObject({ task: 'key-value', query: 'agnostic', maxNewTokens: 3, filler: null });
  expect(protocol.chat.before).toContain('user');
  expect(units.map(({ policy, tokens }: { policy: string; tokens: number }) => [policy, tokens])).toEqual([
    ['full', 512],
    ['snapkv', 512],
  ]);
});

it("runs RULER's files, the first samples if told so", async () => {
  const file = join(place.folder, 'qa_2.jsonl');
  const line = (index: number) =>
    JSON.stringify({ index, input: `A text of some words.\nWhat is number ${index}?`, outputs: ['~'] });
  await writeFile(file, [0, 1, 2].map(line).join('\n'));
  const args = [...reading, '--policies', `treekv,${module}`, '--ruler', file];
  const { code, stdout } = await needle(...args, '--samples', '2');
  expect(code).toBe(0);
  expect(stdout).toContain('| policy | budget | qa_2, n = 2 |');
  expect(stdout).toContain('| treekv | 40 | 0.00 [0.00, 65.76] |');
});

it.each<[string, readonly string[], number, RegExp]>([
  [
    'an option of the grid beside files',
    ['--ruler', 'vt.jsonl', '--depths', '0'],
    2,
    /--depths has no effect/,
  ],
  ['a task without files', ['--ruler-task', 'vt'], 2, /--ruler-task has no effect/],
  ['a file that is absent', ['--ruler', 'vt.jsonl'], 1, /vt\.jsonl does not exist.*NVIDIA\/RULER/],
  ['a file of no known task', ['--ruler', 'mine.jsonl'], 2, /niah_single_1/],
  ['a depth that is none', ['--depths', '2'], 2, /not 2/],
  ['a word for a depth', ['--depths', 'low'], 2, /number/],
  ['a text for a list', ['--task', 'key-value', '--filler', 'neutral'], 2, /--filler has no effect/],
  ['a question nobody compresses', ['--query', 'agnostic'], 2, /'query' has no effect/],
  ['chunks that nobody reads', ['--prefill', 'full', '--chunk', '8'], 2, /--chunk has no effect/],
  ['chunks of nothing', ['--chunk', '0'], 2, /'chunk' must be an integer from 1 to 4096, not 0/],
  ['a method that is no policy', ['--policies', 'snapkv'], 2, /prefill mode 'full'/],
  ['a text that is absent', ['--filler', 'no.txt'], 1, /no\.txt does not exist/],
])('%s ends with one clear line', async (_, args, expected, message) => {
  const { code, stdout, stderr } = await needle(...args);
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});
