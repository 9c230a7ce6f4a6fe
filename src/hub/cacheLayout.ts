// Where things lie in the hub cache, as huggingface_hub (Python) lays them out, so that either reads what the
// other fetched: `models--org--name/` with `blobs/HASH`, `snapshots/COMMIT/PATH` (a link to a blob) and
// `refs/REVISION` (a file with a commit). It knows paths and links; what is fetched, others decide.
//
// The paths are put together here and not by @huggingface/hub: its functions read the environment by themselves,
// do not expand a `~` in it, and take longer to import than a model at hand takes to find.
import { randomBytes } from 'node:crypto';
import { copyFile, open, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { makeFolder, TreekvError } from '../core/index.ts';
import { orWriteFailed } from './diskErrors.ts';
import { isCommit } from './modelId.ts';

/** The places of one repository in the cache. */
export interface CachedRepository {
  readonly folder: string;
  /** The file with the bytes that hash to `hash`. */
  blob(hash: string): string;
  /** The file that keeps two processes from fetching one blob at once. */
  lock(hash: string): string;
  snapshot(commit: string): string;
  ref(revision: string): string;
}

/** The places of `org/name`; nothing is made. */
export function cachedRepository(cacheFolder: string, repository: string): CachedRepository {
  const name = `models--${repository.replace('/', '--')}`;
  const folder = join(cacheFolder, name);
  return {
    folder,
    blob: (hash) => join(folder, 'blobs', hash),
    // Beside huggingface_hub's HASH.lock and not in it: that file is held with flock, which Node cannot take,
    // is emptied by each process that opens it, and stays behind when nobody holds it.
    lock: (hash) => join(cacheFolder, '.locks', name, `${hash}.treekv.lock`),
    snapshot: (commit) => join(folder, 'snapshots', commit),
    ref: (revision) => join(folder, 'refs', ...revision.split('/')),
  };
}

/** What a blob of a large file must hash to, since it is named so; undefined for any other file. */
export function promisedSha256(file: string): string | undefined {
  const name = basename(file);
  return basename(dirname(file)) === 'blobs' && /^[0-9a-f]{64}$/.test(name) ? name : undefined;
}

/** The commit that a revision meant when it was last asked for; undefined if it never was. Throws BAD_FILE. */
export async function readRef(repository: CachedRepository, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const file = repository.ref(revision);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')) return undefined;
    throw new TreekvError('BAD_FILE', `${file} cannot be read (${error.code}).`, { file }, { cause: error });
  });
  const commit = text?.trim();
  if (commit === undefined || isCommit(commit)) return commit;
  throw new TreekvError('BAD_FILE', `${file} holds no commit; delete it and pull the model again.`, { file });
}

/** Notes what a revision means; a file that says so already is not touched. */
export async function writeRef(
  repository: CachedRepository,
  revision: string,
  commit: string,
): Promise<void> {
  if (isCommit(revision)) return;
  const file = repository.ref(revision);
  if ((await readFile(file, 'utf8').catch(() => undefined)) === commit) return;
  await orWriteFailed(file, () =>
    replacing(file, async (temporary) => {
      const handle = await open(temporary, 'wx');
      try {
        await handle.writeFile(commit);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }),
  );
}

/** Makes a link; tests put one here that fails as on a disk without links. */
export type MakeLink = (target: string, path: string) => Promise<void>;

/**
 * Puts a blob into a snapshot: a relative link, so that the cache may be moved, or a copy on a disk that has no
 * links (Windows without developer mode, some network disks).
 */
export async function placeInSnapshot(blob: string, file: string, link: MakeLink = symlink): Promise<void> {
  const target = relative(dirname(file), blob);
  await orWriteFailed(file, () =>
    replacing(file, async (temporary) => {
      try {
        await link(target, temporary);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'UNKNOWN'].includes(code)) throw error;
        await copyFile(blob, temporary);
      }
    }),
  );
}

/** Bytes of a file, links followed; undefined if there is none. */
export async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Makes `file` by renaming what `make` made beside it: it is there whole, or as it was. */
async function replacing(file: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
  await makeFolder(dirname(file));
  try {
    await make(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
