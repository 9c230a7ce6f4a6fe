// The package as `npm pack` makes it of what is built, unpacked into a folder of its own. `npm run build` comes before;
// `prepack` is left out, since it would build anew under the feet of other tests.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

export interface PackedPackage {
  /** A temporary folder that holds nothing else; `remove` it. */
  readonly folder: string;
  readonly tarball: string;
  /** The files, as paths with slashes. */
  readonly files: readonly string[];
  /** Where they lie. */
  readonly unpacked: string;
  remove(): Promise<void>;
}

export async function packPackage(): Promise<PackedPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'treekv-package-'));
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  // through a shell, for npm is a script on Windows
  const { stdout } = await run('npm', words, { cwd: root, shell: process.platform === 'win32' });
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  const tarball = join(folder, filename);
  await run('tar', ['-xzf', tarball, '-C', folder]);
  return {
    folder,
    tarball,
    files: files.map(({ path }) => path),
    unpacked: join(folder, 'package'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
