// Files that lie where an experiment writes: those of the run itself are replaced, those of others are not, unless
// `--force` says so. The built program in processes of its own, on a small random model.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { writeLongBenchFolder } from '../src/evaluation/longbench/longBenchFolder.testing.ts';
import { runProgram } from './support/runProgram.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { randomText, writeTinyFolder } from './support/tinyFolder.ts';

const place = useTemporaryCache();
let model: string;
let text: string;

beforeAll(async () => {
  model = await writeTinyFolder(join(place.folder, 'model'));
  text = join(place.folder, 'text.txt');
  await writeFile(text, randomText(200, 1));
});

const perplexity = (...more: readonly string[]) =>
  runProgram(
    ...['eval', 'perplexity', '--text', text, '-m', model, '--policies', 'full,treekv'],
    ...['--context', '50,100', '--budget', '32', ...more],
  );

/** A folder with a file of somebody's, and the output beside it. */
async function besideMine(name: string, ending: string): Promise<{ output: string; mine: string }> {
  const folder = join(place.folder, name);
  await mkdir(folder);
  const output = join(folder, 'report');
  await writeFile(output + ending, 'mine');
  return { output, mine: output + ending };
}

it.each(['.md', '.svg', '.png'])(
  'a %s that is not of the run is refused before a model is looked for',
  async (ending) => {
    const { output, mine } = await besideMine(`early${ending}`, ending);
    const { code, stdout, stderr } = await perplexity('-m', '/no/such/model', '--output', output);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `treekv: ${mine} exists, and would be overwritten. Name another output, or replace what is there (--force).\n`,
    );
    expect(await readFile(mine, 'utf8')).toBe('mine');
    expect(await readdir(join(output, '..'))).toEqual([`report${ending}`]);
  },
);

it('a .json that is no result is refused, with --resume too, and replaced with --force', async () => {
  const { output, mine } = await besideMine('json', '.json');
  for (const more of [[], ['--resume']]) {
    const { code, stderr } = await perplexity('--output', output, ...more);
    expect(code).toBe(1);
    expect(stderr).toMatch(/report\.json is no result of treekv; .*--force/);
    expect(await readFile(mine, 'utf8')).toBe('mine');
  }
  expect((await perplexity('--output', output, '--force')).code).toBe(0);
  expect(JSON.parse(await readFile(mine, 'utf8'))).toMatchObject({ kind: 'perplexity', complete: true });
});

it('a picture that is not of the run stays, and the result is shown, kept, and drawn elsewhere', async () => {
  const { output, mine } = await besideMine('picture', '-position.svg');
  const { code, stdout, stderr } = await perplexity('--output', output);
  expect(code).toBe(2);
  expect(stdout).toContain('| treekv |');
  expect(stderr).toContain(
    `The result is in ${output}.json; treekv eval show ${output}.json --output NAME draws it.`,
  );
  expect(await readFile(mine, 'utf8')).toBe('mine');
  const shown = await runProgram('eval', 'show', `${output}.json`, '--output', `${output}-again`);
  expect(shown).toMatchObject({ code: 0, stdout });
});

it('a run that is resumed replaces its own table and pictures, and one that is forced begins anew', async () => {
  const output = join(place.folder, 'own');
  const first = await perplexity('--output', output);
  await writeFile(`${output}.md`, 'changed');
  expect(await perplexity('--output', output)).toMatchObject({ code: 2 });
  expect(await perplexity('--output', output, '--resume')).toMatchObject({ code: 0, stdout: first.stdout });
  expect(await readFile(`${output}.md`, 'utf8')).toBe(first.stdout);
  const forced = await perplexity('--output', output, '--force', '--limit', '60', '--context', '50');
  expect(forced.code).toBe(0);
  expect(await readFile(`${output}.md`, 'utf8')).toBe(forced.stdout);
  const both = await perplexity('--output', output, '--force', '--resume');
  expect(both).toMatchObject({ code: 2, stderr: expect.stringMatching(/leave one of them out/) });
});

it('eval show draws beside its own result again, and over no file of others unless forced', async () => {
  const { output, mine } = await besideMine('show', '.md');
  const result = join(place.folder, 'shown');
  expect((await perplexity('--output', result)).code).toBe(0);
  const show = (...more: readonly string[]) => runProgram('eval', 'show', result, '--output', ...more);
  expect((await show(result)).code).toBe(0);
  expect(await show(output)).toMatchObject({ code: 2, stdout: '' });
  expect(await readFile(mine, 'utf8')).toBe('mine');
  expect((await show(output, '--force')).code).toBe(0);
  expect(await readFile(mine, 'utf8')).toContain('| treekv |');
});

it("a stream does not remove a file that only has its state's name", async () => {
  const { output, mine } = await besideMine('stream', '.state.safetensors');
  const words = ['eval', 'stream', '--text', text, '-m', model, '--policies', 'treekv', '--budget', '32'];
  const refused = await runProgram(...words, '--output', output);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('no state of a stream') });
  expect(await readFile(mine, 'utf8')).toBe('mine');
  expect((await runProgram(...words, '--output', output, '--force')).code).toBe(0);
});

it('predictions go into no folder that holds something, unless forced', async () => {
  const { mine } = await besideMine('predictions', '.txt');
  const data = await writeLongBenchFolder(join(place.folder, 'data'));
  const words = ['eval', 'longbench', '--data', data, '--any-templates', '--tasks', 'trec', '-m', model];
  const run = (...more: readonly string[]) =>
    runProgram(
      ...words,
      '--policies',
      'treekv',
      '--budget',
      '48',
      '--predictions',
      join(mine, '..'),
      ...more,
    );
  expect(await run()).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(`${mine} exists`),
  });
  expect((await run('--force')).code).toBe(0);
  expect(await readFile(mine, 'utf8')).toBe('mine');
});
