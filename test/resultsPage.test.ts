// docs/results.md quotes results/ word for word, and shows only pictures that are there.
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs', 'results.md'), 'utf8');

it('quotes every table as its file has it', async () => {
  const quotations = [...page.matchAll(/<!-- (results\/[\w-]+\.md) -->\n\n([\s\S]*?)\n\n<!-- end -->/g)];
  expect(quotations.length).toBe(page.match(/<!-- end -->/g)?.length);
  expect(quotations.length).toBeGreaterThan(5);
  for (const [, file, quoted] of quotations) {
    expect(quoted, file).toBe((await readFile(join(root, file), 'utf8')).trim());
  }
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
