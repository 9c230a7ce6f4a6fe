// Text for a model from files and pipes. It must be UTF-8, whole: bytes that are not would silently become
// U+FFFD, and the model would read another text than the one that was given.
import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { TreekvError } from '../core/index.ts';

/** The text in a file. Throws FILE_NOT_FOUND or BAD_FILE. */
export async function readTextFile(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      const message = `The text file ${file} does not exist. Check its name.`;
      throw new TreekvError('FILE_NOT_FOUND', message, { file }, { cause });
    }
    const why = code === 'EISDIR' ? 'is a folder; name the files in it' : `cannot be read (${code})`;
    throw new TreekvError('BAD_FILE', `${file} ${why}.`, { file }, { cause });
  }
  return decodeUtf8(bytes, file);
}

/** The text on stdin, to its end. Throws BAD_FILE. */
export async function readStdin(signal: AbortSignal): Promise<string> {
  return decodeUtf8(await buffer(addAbortSignal(signal, process.stdin)), 'stdin');
}

/** The text that the bytes are in UTF-8, without a byte order mark. Throws BAD_FILE. */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const offset = longestGoodPrefix(bytes);
    const where =
      offset === bytes.length ? 'it ends in the middle of a character' : `byte ${offset} is wrong`;
    const message = `${name} is not UTF-8: ${where}. Convert it, for instance with iconv -t utf-8.`;
    throw new TreekvError('BAD_FILE', message, { file: name, offset, bytes: bytes.length }, { cause });
  }
}

/** Bytes that decode before the first that does not, by halving. */
function longestGoodPrefix(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    try {
      // As a stream, so that a prefix may end inside a character.
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
}
