// Bytes to text. They must be UTF-8, whole: bytes that are not would silently become U+FFFD, and a model would read
// another text than the one that was given.
import { TreekvError } from './error.ts';

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
