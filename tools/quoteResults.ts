// Puts the tables of results/ into docs/results.md (tools/quotation.ts says how); nothing is written there by hand
// (test/resultsPage.test.ts). `npm run quote:results`.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/core/index.ts';
import { quotation, quoted } from './quotation.ts';

const root = packageRoot();
const page = join(root, 'docs', 'results.md');

const text = await readFile(page, 'utf8');
const files = [...new Set([...text.matchAll(quotation)].map(([, file]) => file))];
const tables = new Map<string, string>();
for (const file of files) tables.set(file, quoted(await readFile(join(root, file), 'utf8')));
await writeFile(
  page,
  text.replace(quotation, (_, file: string) => `<!-- ${file} -->\n\n${tables.get(file)}\n\n<!-- end -->`),
);
process.stdout.write(`${files.length} files quoted\n`);
