// Reads a file from front to back for somebody who looks at every byte once. The next piece is read while the
// present one is looked at, so that with two cores the looking costs next to nothing. It keeps two pieces.

import { TreekvError } from './error.ts';
import { openForReading, readUpTo } from './fileReader.ts';

export interface ReadThroughOptions {
  /** The first byte. @default 0 */
  readonly from?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Small enough for the processor's cache. */
const piece = 2 ** 20;

/**
 * Hands every byte of `file` to `take`, in order; the bytes are its until it returns. Throws FILE_NOT_FOUND, BAD_FILE
 * for a file that cannot be read, ABORTED.
 */
export async function readThrough(
  file: string,
  take: (bytes: Uint8Array) => void,
  { from = 0, signal }: ReadThroughOptions = {},
): Promise<void> {
  const handle = await openForReading(file);
  const [even, odd] = [new Uint8Array(piece), new Uint8Array(piece)];
  let position = from;
  let buffer = even;
  let coming = readUpTo(handle, buffer, position, file);
  try {
    for (;;) {
      const count = await coming;
      if (count === 0) return;
      if (signal?.aborted) {
        throw new TreekvError('ABORTED', `Reading ${file} was aborted.`, { file }, { cause: signal.reason });
      }
      const present = buffer.subarray(0, count);
      position += count;
      buffer = buffer === even ? odd : even;
      coming = readUpTo(handle, buffer, position, file);
      take(present);
    }
  } finally {
    await coming.catch(() => undefined);
    await handle.close();
  }
}
