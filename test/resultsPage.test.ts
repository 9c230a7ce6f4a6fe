// docs/results.md quotes results/ word for word, and shows only pictures that are there.
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { quotation, quoted } from '../tools/quotation.ts';

const root = join(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs', 'results.md'), 'utf8');

it('quotes every table as its file has it', async () => {
  const quotations = [...page.matchAll(quotation)];
  expect(quotations.length).toBe(page.match(/<!-- end -->/g)?.length);
  expect(quotations.length).toBeGreaterThan(5);
  for (const [, file, text] of quotations) {
    expect(text.trim(), file).toBe(quoted(await readFile(join(root, file), 'utf8')));
  }
});

it('folds the long parts of a table and changes no word of it', () => {
  const text = 'a\n\nEach document\n\n| b |\n\nHow it was measured\n\n- c\n';
  expect(quoted(text)).toBe(
    'a\n\n<details><summary>Each document</summary>\n\n| b |\n\n</details>\n\n' +
      '<details><summary>How it was measured</summary>\n\n- c\n\n</details>',
  );
  const words = (one: string): string[] =>
    one
      .replace(/<\/?(details|summary)>/g, ' ')
      .split(/\s+/)
      .filter(Boolean);
  expect(words(quoted(text))).toEqual(words(text));
});

it('shows pictures and links files that exist', async () => {
  const links = [...page.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) await access(resolve(root, 'docs', link));
});

it('names only experiments that tools/results.sh runs', async () => {
  const script = await readFile(join(root, 'tools', 'results.sh'), 'utf8');
  const named = [...page.matchAll(/`tools\/results\.sh ([\w -]+)`/g)].flatMap(([, names]) =>
    names.split(' '),
  );
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(script, name).toContain(`experiment ${name} `);
});
