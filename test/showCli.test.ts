// `treekv eval show` as a person meets it: the built program in a process of its own, on results that lie here.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';

const results = join(import.meta.dirname, '..', 'results');
const place = useTemporaryCache();

const show = (...args: readonly string[]) => runProgram('eval', 'show', ...args);

it('shows a table, with or without the ending of the file, and as JSON the file itself', async () => {
  const table = await readFile(join(results, 'figure3.md'), 'utf8');
  expect(await show(join(results, 'figure3'))).toMatchObject({ code: 0, stdout: table });
  expect(await show(join(results, 'figure3.json'))).toMatchObject({ code: 0, stdout: table });
  const { stdout } = await show(join(results, 'figure3'), '--json');
  expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(join(results, 'figure3.json'), 'utf8')));
});

it('draws the published pictures again', async () => {
  const output = join(place.folder, 'again');
  expect(await show(join(results, 'figure3'), '--output', output)).toMatchObject({ code: 0 });
  const written = (await readdir(place.folder)).filter((name) => name.startsWith('again')).sort();
  expect(written).toEqual([
    'again-time.png',
    'again-time.svg',
    'again-tree.png',
    'again-tree.svg',
    'again.md',
    'again.png',
    'again.svg',
  ]);
  const svg = await readFile(join(place.folder, 'again-tree.svg'), 'utf8');
  expect(svg).toBe(await readFile(join(results, 'figure3-tree.svg'), 'utf8'));
});

it('a file that is not there, or no result, ends with a sentence and writes nothing', async () => {
  expect(await show(join(place.folder, 'nowhere'))).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/There is no file .*nowhere\.json\./),
  });
  const other = join(place.folder, 'other.json');
  await writeFile(other, '{}');
  expect(await show(other)).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(/is no result of treekv/),
  });
});

it('a result that lacks a part says what makes it whole', async () => {
  const old = JSON.parse(await readFile(join(results, 'prefill.json'), 'utf8'));
  const file = join(place.folder, 'old.json');
  await writeFile(file, JSON.stringify({ ...old, summary: [] }));
  expect(await show(file)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/Something is missing in .*old\.json.*--resume/),
  });
});
