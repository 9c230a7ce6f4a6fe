// Errors of the cache's disk in treekv's form: which file, how many bytes, and the way out.
import { statfs } from 'node:fs/promises';
import { TreekvError } from '../core/index.ts';

/** Runs what writes `file`; its failure is WRITE_FAILED. */
export async function orWriteFailed<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof TreekvError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const way =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'the disk is full: free space, or set HF_HUB_CACHE to a folder on another disk'
        : `${message}; set HF_HUB_CACHE to a folder that can be written`;
    throw new TreekvError('WRITE_FAILED', `${file} could not be written: ${way}`, { file, code }, { cause });
  }
}

/** Bytes that may still be written to the disk of a folder. */
export type FreeBytes = (folder: string) => Promise<number>;

/**
 * Throws WRITE_FAILED if `needed` bytes do not fit on the disk of `folder`, which must exist. It fails before
 * the first byte and not after gigabytes; what another program writes meanwhile still ends in WRITE_FAILED.
 */
export async function requireSpace(
  folder: string,
  needed: number,
  freeBytes: FreeBytes = async (path) => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  },
): Promise<void> {
  const free = await orWriteFailed(folder, () => freeBytes(folder));
  if (needed <= free) return;
  throw new TreekvError(
    'WRITE_FAILED',
    `The model needs ${needed} more bytes, and the disk of ${folder} has ${free} free: free space, or set ` +
      'HF_HUB_CACHE to a folder on another disk.',
    { folder, needed, free },
  );
}
