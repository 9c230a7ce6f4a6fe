// The package as `npm pack` makes it of what is built, unpacked into a folder of its own. `npm run build` comes before;
// `prepack` is left out, since it would build anew under the feet of other tests.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

/**
 * Puts the package into a project's node_modules, and beside it this clone's copies of `others` and of the dependencies
 * that it declares; no others are in reach.
 */
export async function installFromClone(
  { unpacked }: PackedPackage,
  project: string,
  others: readonly string[] = [],
): Promise<void> {
  const installed = join(project, 'node_modules');
  await cp(unpacked, join(installed, 'treekv'), { recursive: true });
  const { dependencies } = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(dependencies), ...others]) {
    const link = join(installed, name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link, 'junction');
  }
}
