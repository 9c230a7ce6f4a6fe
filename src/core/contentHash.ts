// XXH64 over bytes as they come: the hash that tells damaged or different content. It is fast (of a file in the
// page cache it hides behind the reading) and no proof against a forger. What a hash means is its caller's business.
import xxhash from 'xxhash-wasm';
import { readThrough } from './readThrough.ts';

/** The name of the hash, as files that carry one say it. */
export const contentHashName = 'xxh64';

/** A hash under way. */
export interface ContentHash {
  update(bytes: Uint8Array): void;
  /** 16 hexadecimal digits for everything that came so far. */
  hex(): string;
}

let library: ReturnType<typeof xxhash> | undefined;

/** A hash of nothing yet. */
export async function startContentHash(): Promise<ContentHash> {
  library ??= xxhash();
  const hash = (await library).create64();
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    hex: () => hash.digest().toString(16).padStart(16, '0'),
  };
}

/** The hash of `file` from byte `from` on. Throws as `readThrough`. */
export async function hashFile(file: string, from = 0, signal?: AbortSignal): Promise<string> {
  const hash = await startContentHash();
  await readThrough(file, (bytes) => hash.update(bytes), { from, signal });
  return hash.hex();
}
