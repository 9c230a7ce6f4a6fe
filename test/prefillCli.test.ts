// `treekv eval prefill` as a person meets it: the built program in a process of its own, on a small random model.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { randomText, writeTinyFolder } from './support/tinyFolder.ts';

const place = useTemporaryCache();
let reading: readonly string[];

beforeAll(async () => {
  const model = await writeTinyFolder(join(place.folder, 'model'));
  const text = join(place.folder, 'text.txt');
  await writeFile(text, randomText(1000, 1));
  const lengths = ['--prompt', '300', '--scored', '8', '--budget', '64'];
  reading = ['-m', model, '--dtype', 'fp32', '--threads', '1', '--text', text, ...lengths];
});

const prefill = (...args: readonly string[]) => runProgram('eval', 'prefill', ...reading, ...args);

it('prints a table and writes it beside the result; a run that is resumed shows the same', async () => {
  const stem = join(place.folder, 'prefill');
  const args = ['--policies', 'full,treekv,pyramidkv', '--output', stem];
  const first = await prefill(...args);
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('prefill.json') });
  expect(first.stdout).toContain('| treekv b = 8, full | ');
  expect(await readFile(`${stem}.md`, 'utf8')).toBe(first.stdout);
  const json = await readFile(`${stem}.json`, 'utf8');
  expect(JSON.parse(json)).toMatchObject({ kind: 'prefill', complete: true, protocol: { chunk: 64 } });
  expect(await prefill(...args, '--resume')).toMatchObject({ code: 0, stdout: first.stdout });
  expect(await readFile(`${stem}.json`, 'utf8')).toBe(json);
});

it('without a chunk, mode full alone runs', async () => {
  const { code, stdout } = await prefill('--policies', 'treekv', '--modes', 'full');
  expect({ code, chunked: stdout.includes('treekv, chunked') }).toEqual({ code: 0, chunked: false });
});

it.each([
  ['a policy that is named twice', ['--policies', 'treekv,treekv'], /'full treekv 64' comes twice/],
  ['a chunk of none', ['--policies', 'treekv', '--chunk', '0'], /'chunk' must be an integer from 1 to 4096/],
  ['a chunk without effect', ['--policies', 'treekv', '--modes', 'full', '--chunk', '7'], /--chunk/],
  ['sinks without effect', ['--policies', 'full', '--sinks', '2'], /No policy named takes 'sinks'/],
  ['blocks without effect', ['--policies', 'h2o', '--blocks', '4'], /--blocks/],
])('%s ends with 2 and one clear line', async (_, args, message) => {
  const { code, stdout, stderr } = await prefill(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});
