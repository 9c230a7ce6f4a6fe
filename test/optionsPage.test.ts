// docs/options.md says what the declarations say, of every option that the library has.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planCache } from 'treekv/policies';
import { expect, it } from 'vitest';
import { optionEntries, optionsPage, optionsSections } from '../tools/optionsPage.ts';

const root = join(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs', 'options.md'), 'utf8');

it('stands in docs/options.md as `npm run write:options` writes it', () => {
  expect(page).toBe(optionsPage());
});

it('has a section for every type of options that the library exports', async () => {
  const index = await readFile(join(root, 'src', 'index.ts'), 'utf8');
  const exported = [...new Set(index.match(/\b\w+Options\b/g))].sort();
  expect(exported.length).toBeGreaterThan(5);
  expect(optionsSections.map(({ type }) => type).sort()).toEqual(exported);
});

it('reads type, default and words of an option from its declaration', () => {
  const entries = optionEntries(['CacheOptions', 'PrefillOptions']);
  const budget = entries.get('CacheOptions')?.find(({ name }) => name === 'budget');
  expect(budget).toMatchObject({ type: 'number', preset: '1024', words: expect.stringMatching(/^Entries/) });
  const mode = entries.get('PrefillOptions')?.find(({ name }) => name === 'mode');
  expect(mode).toMatchObject({ type: "'full' | 'chunked'", preset: undefined });
});

it('marks for a policy what it takes, and leaves out what throws', async () => {
  const [head, , ...rows] = (page.match(/\| policy [\s\S]*?\n\n/)?.[0] ?? '').trim().split('\n').map(cells);
  const random = rows.find(([name]) => name === '`random`') ?? [];
  const taken = head.filter((_, column) => random[column] === 'yes');
  expect(taken).toEqual(['`budget`', '`sinks`', '`recent`', '`positions`', '`seed`']);
  await expect(planCache({ policy: 'random', seed: 1 })).resolves.toMatchObject({ seed: 1 });
  await expect(planCache({ policy: 'random', rule: 'prose' })).rejects.toMatchObject({ code: 'BAD_OPTION' });
});

function cells(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
