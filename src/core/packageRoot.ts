// Where the package lies: the nearest folder above this file with a package.json. Sources, the built library
// and built tools lie at different depths, and what ships beside them (the model, the sample) at one.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('treekv lies in no package: package.json is missing');
    folder = above;
  }
  return folder;
}

/** The package's version. */
export function packageVersion(): string {
  const json: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return String((json as { version: unknown }).version);
}
