// Writes docs/options.md (tools/optionsPage.ts says how); nothing is written there by hand (test/optionsPage.test.ts).
// `npm run write:options`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/core/index.ts';
import { optionsPage } from './optionsPage.ts';

const page = join(packageRoot(), 'docs', 'options.md');
await writeFile(page, optionsPage());
process.stdout.write(`${page}\n`);
