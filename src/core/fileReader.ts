// Opens and reads files of any size, with errors that say which file and what was missing. It hands out bytes
// and knows no format.
import { type FileHandle, open } from 'node:fs/promises';
import { TreekvError } from './error.ts';

/** A read call takes at most 2 GiB on every platform; half of that leaves no edge to fall off. */
const piece = 2 ** 30;

/** Opens `file`; close the handle. Throws `FILE_NOT_FOUND`, or `BAD_FILE` for what cannot be opened. */
export async function openForReading(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (cause) {
    const absent = ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new TreekvError(
      absent ? 'FILE_NOT_FOUND' : 'BAD_FILE',
      absent
        ? `${file} does not exist; check the path or download the model again`
        : `${file} cannot be opened: ${(cause as Error).message}`,
      { file },
      { cause },
    );
  }
}

/** `length` bytes from `offset` on, in a buffer of their own. Throws `BAD_FILE` if they cannot be had. */
export async function readExactly(
  handle: FileHandle,
  offset: number,
  length: number,
  file: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const bytesRead = await readSome(handle, bytes, done, offset + done, file);
    if (bytesRead === 0) {
      throw new TreekvError(
        'BAD_FILE',
        `${file} ended at byte ${offset + done} while ${offset + length} were expected; did another program ` +
          'change it?',
        { file, expected: offset + length, actual: offset + done },
      );
    }
    done += bytesRead;
  }
  return bytes;
}

/** Fills `bytes` from `position` on as far as one call does it; the number of bytes read, 0 at the end. */
export function readUpTo(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  file: string,
): Promise<number> {
  return readSome(handle, bytes, 0, position, file);
}

/** Reads from `position` of the file to `at` of `bytes`; the number of bytes read. */
async function readSome(
  handle: FileHandle,
  bytes: Uint8Array,
  at: number,
  position: number,
  file: string,
): Promise<number> {
  try {
    return (await handle.read(bytes, at, Math.min(piece, bytes.length - at), position)).bytesRead;
  } catch (cause) {
    const message = `${file} cannot be read at byte ${position}: ${(cause as Error).message}`;
    throw new TreekvError('BAD_FILE', message, { file, position }, { cause });
  }
}
