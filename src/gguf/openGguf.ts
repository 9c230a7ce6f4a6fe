// Opens a GGUF file: reads as much of its beginning as the header takes, and hands out bytes of tensors on
// demand. The bytes stay as they are stored; `widenGguf` and `repackRows` know what they mean.
import type { FileHandle } from 'node:fs/promises';
import { openForReading, readExactly, TreekvError } from '../core/index.ts';
import type { GgufFile } from './gguf.ts';
import { type GgufHeader, parseGgufHeader } from './ggufHeader.ts';
import { maximumHeader, PrefixTooShort } from './headerBytes.ts';

/** Bytes read at first: enough for a model without a large vocabulary. */
const firstPrefix = 2 ** 20;
/** A header longer than the prefix is parsed again from one so many times as long. */
const growth = 4;

/**
 * Opens a file and checks its header. Throws `FILE_NOT_FOUND`, `BAD_FILE` for a damaged file, `UNSUPPORTED`
 * for big-endian, split and version 1 files and for tensor types that treekv does not read.
 */
export async function openGguf(file: string): Promise<GgufFile> {
  const handle = await openForReading(file);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new TreekvError('BAD_FILE', `${file} is not a file`, { file });
    const { size } = stat;
    const header = await readHeader(handle, size, file);
    return {
      file,
      size,
      ...header,
      readRange: (offset, length) => readExactly(handle, offset, length, file),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readHeader(handle: FileHandle, size: number, file: string): Promise<GgufHeader> {
  let length = Math.min(firstPrefix, size);
  for (;;) {
    const prefix = await readExactly(handle, 0, length, file);
    try {
      return parseGgufHeader(prefix, size, file);
    } catch (error) {
      if (!(error instanceof PrefixTooShort)) throw error;
      length = Math.min(Math.max(error.needed, growth * length), size, maximumHeader);
    }
  }
}
