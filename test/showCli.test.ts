// `treekv eval show` as a person meets it: the built program in a process of its own, on results that lie here.
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useTemporaryCache } from './support/temporaryCache.ts';

const root = join(import.meta.dirname, '..');
const results = join(root, 'results');
const place = useTemporaryCache();

function show(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = join(root, 'dist', 'cli', 'main.js');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, 'eval', 'show', ...args],
      { maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

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
