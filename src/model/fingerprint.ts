// Tells one set of weights from another without reading all of it: a hash over the config, each file's
// header and size, and 64 samples spread over each file. A copy elsewhere has the same. What lies between the
// samples it does not see; `sourceKey.ts` does.
import { createHash } from 'node:crypto';

/** A file of weights, open: a header, then the tensors' bytes. */
export interface WeightsFile {
  /** Bytes of the file. */
  readonly size: number;
  /** Where the tensors' bytes begin. */
  readonly dataStart: number;
  /** Any bytes of the file. */
  readRange(offset: number, length: number): Promise<Uint8Array>;
}

const samples = 64;
const sampleBytes = 4096;

/** SHA-256 in hexadecimal of what identifies `config` and `files`. */
export async function fingerprintOf(config: Uint8Array, files: readonly WeightsFile[]): Promise<string> {
  const hash = createHash('sha256');
  // lengths keep neighbours apart: moving a byte from one part to the next changes the hash
  hash.update(`treekv weights 1 ${config.length} ${files.length}\n`).update(config);
  for (const file of files) {
    hash.update(`\n${file.size} ${file.dataStart} any time\n`);
    hash.update(await file.readRange(0, file.dataStart));
    const length = Math.min(sampleBytes, file.size - file.dataStart);
    const room = file.size - file.dataStart - length;
    for (let i = 0; i < samples; i++) {
      const at = file.dataStart + Math.floor((room * i) / (samples - 1));
      hash.update(await file.readRange(at, length));
    }
  }
  return hash.digest('hex');
}
