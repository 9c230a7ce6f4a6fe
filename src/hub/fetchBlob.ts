// Fetches one file of a repository into the cache's blobs. Bytes go to `HASH.incomplete` as they come; what a
// broken connection, an abort or a killed process left there is the beginning of the next try. When all are
// there and hash to what the hub's listing says, they are flushed to disk and renamed.
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, TreekvError } from '../core/index.ts';
import { sizeOf } from './cacheLayout.ts';
import { orWriteFailed } from './diskErrors.ts';
import { type BlobRequest, Transfer } from './transfer.ts';

/**
 * Fetches a file to `blob`. Throws DOWNLOAD_FAILED, NOT_AUTHORISED, FILE_NOT_FOUND, WRITE_FAILED or ABORTED;
 * what has arrived stays in `blob`.incomplete, unless it hashes to something else.
 */
export async function fetchBlob(request: BlobRequest, blob: string): Promise<void> {
  const incomplete = `${blob}.incomplete`;
  await orWriteFailed(incomplete, () => makeFolder(dirname(blob)));
  const resumed = ((await sizeOf(incomplete)) ?? 0) > 0;
  let sound = await fetchOnce(request, blob);
  // A beginning from elsewhere may have been wrong; a file fetched whole would be as wrong again.
  if (!sound && resumed) sound = await fetchOnce(request, blob);
  if (sound) return;
  const { file, subject } = request;
  throw new TreekvError(
    'DOWNLOAD_FAILED',
    `${file.path} of ${subject.repository} came with other bytes than the hub's listing promises (${file.size} ` +
      `bytes, ${file.hash.kind} ${file.hash.hex}); they were thrown away. Try again; if it stays so, something ` +
      'between here and the hub changes them.',
    { ...subject, file: file.path, size: file.size, expected: file.hash.hex },
  );
}

/** Whether the bytes were the right ones; wrong ones are thrown away. */
async function fetchOnce(request: BlobRequest, blob: string): Promise<boolean> {
  const incomplete = `${blob}.incomplete`;
  const { size, hash } = request.file;
  // a beginning longer than the whole is none
  if (((await sizeOf(incomplete)) ?? 0) > size) await orWriteFailed(incomplete, () => rm(incomplete));
  const handle = await orWriteFailed(incomplete, () => openToUpdate(incomplete));
  try {
    const transfer = new Transfer(request, incomplete, handle);
    if ((await transfer.run()) !== hash.hex) {
      await orWriteFailed(incomplete, () => rm(incomplete, { force: true }));
      return false;
    }
    await orWriteFailed(incomplete, () => handle.sync());
  } finally {
    await orWriteFailed(incomplete, () => handle.close());
  }
  await orWriteFailed(blob, () => moveInto(incomplete, blob, size));
  return true;
}

/** Opens a file at its beginning and keeps what it holds; makes it if it is absent. */
function openToUpdate(file: string): Promise<FileHandle> {
  return open(file, constants.O_RDWR | constants.O_CREAT, 0o644);
}

/** Renames; another process that got there first has put the same bytes there. */
async function moveInto(incomplete: string, blob: string, size: number): Promise<void> {
  try {
    await rename(incomplete, blob);
  } catch (error) {
    if ((await sizeOf(blob)) !== size) throw error;
    await rm(incomplete, { force: true });
  }
}
