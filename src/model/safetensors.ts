// Reads safetensors: a file piece by piece (`openSafetensors`), or bytes in memory (`decodeSafetensors`).
// It hands out bytes and never converts them; what they mean is `widen`'s and the packer's business.
import { stat } from 'node:fs/promises';
import { openForReading, readExactly, TreekvError } from '../core/index.ts';
import {
  headerLength,
  parseHeader,
  prefixBytes,
  type SafetensorsDtype,
  type SafetensorsTensor,
} from './safetensorsHeader.ts';

/** An open file; `close()` it. */
export interface SafetensorsFile {
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Where the tensors' bytes begin. */
  readonly dataStart: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** The bytes of one tensor, in a buffer of their own. */
  read(name: string): Promise<Uint8Array>;
  /** Any bytes of the file. */
  readRange(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A tensor in memory. */
export interface SafetensorsView {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** A view, not a copy; typed arrays over it need its byteOffset to be aligned. */
  readonly bytes: Uint8Array;
}

/** Opens a file and checks its header. */
export async function openSafetensors(file: string): Promise<SafetensorsFile> {
  const handle = await openForReading(file);
  try {
    const { size } = await handle.stat();
    const prefix = await readExactly(handle, 0, Math.min(prefixBytes, size), file);
    const json = await readExactly(handle, prefixBytes, headerLength(prefix, size, file), file);
    const { metadata, tensors, dataStart } = parseHeader(json, size, file);
    const readRange = (offset: number, length: number) => readExactly(handle, offset, length, file);
    return {
      file,
      size,
      dataStart,
      metadata,
      tensors,
      readRange,
      async read(name) {
        const tensor = tensors.get(name);
        if (tensor === undefined) {
          throw new TreekvError('BAD_WEIGHTS', `${file} has no tensor ${name}`, { file, name });
        }
        return readRange(tensor.offset, tensor.length);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads a safetensors file that lies in memory; `file` names it in errors. */
export function decodeSafetensors(
  bytes: Uint8Array,
  file = 'the safetensors bytes',
): {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafetensorsView>;
} {
  const end = prefixBytes + headerLength(bytes, bytes.length, file);
  const directory = parseHeader(bytes.subarray(prefixBytes, end), bytes.length, file);
  const tensors = new Map<string, SafetensorsView>();
  for (const [name, { dtype, shape, offset, length }] of directory.tensors) {
    tensors.set(name, { dtype, shape, bytes: bytes.subarray(offset, offset + length) });
  }
  return { metadata: directory.metadata, tensors };
}

/** What a file says of itself; undefined for one that is absent, no file, or not of the format. */
export async function safetensorsMetadata(
  file: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = await stat(file).catch(() => undefined);
  // A pipe is not even opened: that would wait for a writer.
  if (found?.isFile() !== true) return undefined;
  try {
    const opened = await openSafetensors(file);
    await opened.close();
    return opened.metadata;
  } catch (error) {
    if (error instanceof TreekvError) return undefined;
    throw error;
  }
}
