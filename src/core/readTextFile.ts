// A file that is read at once, as bytes or as the text that they are, with errors that say why it cannot be.
import { readFile } from 'node:fs/promises';
import { decodeUtf8 } from './decodeUtf8.ts';
import { TreekvError } from './error.ts';

/**
 * The text in a file.
 * @param absent is said of a file that does not exist: where it is had.
 * Throws FILE_NOT_FOUND, or BAD_FILE for what cannot be read or is not UTF-8.
 */
export async function readTextFile(file: string, absent?: string): Promise<string> {
  return decodeUtf8(
    await readBytes(file, absent ?? `The text file ${file} does not exist. Check its name.`),
    file,
  );
}

/** As `readTextFile`, but undefined for a file that does not exist. */
export async function readTextIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readTextFile(file);
  } catch (error) {
    if (error instanceof TreekvError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * The bytes of a file.
 * @param absent is said of a file that does not exist: where it is had.
 * Throws FILE_NOT_FOUND, or BAD_FILE for what cannot be read.
 */
export async function readBytes(file: string, absent: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new TreekvError('FILE_NOT_FOUND', absent, { file }, { cause });
    const why = code === 'EISDIR' ? 'is a folder; name the files in it' : `cannot be read (${code})`;
    throw new TreekvError('BAD_FILE', `${file} ${why}.`, { file }, { cause });
  }
}
