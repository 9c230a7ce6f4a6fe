// What results of every experiment look like, from their files alone: those that are published here.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Result, readResult, type Unit } from '../report/index.ts';
import { resultFaces } from './resultFaces.ts';

const folder = join(import.meta.dirname, '..', '..', 'results');
const published = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md');

async function read(name: string): Promise<Result<unknown, Unit, unknown>> {
  const result = await readResult<unknown, Unit, unknown>(join(folder, name));
  if (result === undefined) throw new Error(`there is no ${name}`);
  return result;
}

it('every experiment but LongBench and RULER has a result here', async () => {
  const kinds = await Promise.all(published.map(async (name) => (await read(json(name))).kind));
  expect([...new Set(kinds)].sort()).toEqual(
    ['ablation', 'needle', 'perplexity', 'prefill', 'retention', 'stream', 'wavelet'].sort(),
  );
});

it.each(published)('%s is the table of its result, word for word', async (name) => {
  const { table } = resultFaces(await read(json(name)));
  expect(`${table}\n`).toBe(await readFile(join(folder, name), 'utf8'));
});

it('the pictures of a result are those that lie beside it', async () => {
  const pictures = (await readdir(folder)).filter((name) => /^smollm2-figure4(-\w+)?\.svg$/.test(name));
  const { plots } = resultFaces(await read('smollm2-figure4.json'));
  const names = Object.keys(plots()).map((suffix) => `smollm2-figure4${suffix && `-${suffix}`}.svg`);
  expect(names.sort()).toEqual(pictures.sort());
});

it('of a run that was cut off nothing is shown', async () => {
  const cut = { ...(await read('figure3.json')), complete: false, summary: null };
  expect(() => resultFaces(cut)).toThrow(/cut off after 1 units, so nothing follows from it yet/);
});

it('an experiment that is not known is named, with the likeliest one', async () => {
  const other = { ...(await read('figure3.json')), kind: 'retentoin' };
  expect(() => resultFaces(other)).toThrow(/no experiment 'retentoin'\. Did you mean 'retention'\?/);
});

function json(name: string): string {
  return name.replace(/\.md$/, '.json');
}
