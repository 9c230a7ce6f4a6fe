// Puts the tables of results/ into docs/results.md: between `<!-- results/NAME.md -->` and `<!-- end -->` stands
// what that file holds, and nothing is written there by hand (test/resultsPage.test.ts). `npm run quote:results`.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/core/index.ts';

const root = packageRoot();
const page = join(root, 'docs', 'results.md');
const quotation = /<!-- (results\/[\w-]+\.md) -->\n[\s\S]*?<!-- end -->/g;

const text = await readFile(page, 'utf8');
const files = [...new Set([...text.matchAll(quotation)].map(([, file]) => file))];
const tables = new Map<string, string>();
for (const file of files) tables.set(file, (await readFile(join(root, file), 'utf8')).trim());
const quoted = text.replace(
  quotation,
  (_, file: string) => `<!-- ${file} -->\n\n${tables.get(file)}\n\n<!-- end -->`,
);
await writeFile(page, quoted);
process.stdout.write(`${files.length} files quoted\n`);
