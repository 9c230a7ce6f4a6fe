// The fingerprint of packed weights, by which results and snapshots know them again. It is that of the file as
// version 1 had it, without checksums and source, so that what was measured and saved with it stays valid, and so
// that it says what the weights are and not where they come from.
import { fingerprintOf } from './fingerprint.ts';
import { checksumRoom } from './packedChecksums.ts';
import { prefixBytes } from './safetensorsHeader.ts';
import { padHeader } from './safetensorsWriter.ts';

/** What is needed of a packed file, open. */
export interface PackedBytes {
  readonly size: number;
  readonly dataStart: number;
  readRange(offset: number, length: number): Promise<Uint8Array>;
}

/** Hexadecimal; the same for a copy, and for the same weights packed again. */
export async function packedFingerprint(opened: PackedBytes): Promise<string> {
  const header = plainHeader(await opened.readRange(0, opened.dataStart));
  const more = opened.dataStart - header.length;
  return fingerprintOf(new Uint8Array(0), [
    {
      size: opened.size - more,
      dataStart: header.length,
      readRange: async (offset, length) =>
        offset < header.length
          ? header.subarray(offset, offset + length)
          : opened.readRange(offset + more, length),
    },
  ]);
}

/** The header that the same tensors had in version 1. */
function plainHeader(header: Uint8Array): Uint8Array {
  const table = JSON.parse(new TextDecoder().decode(header.subarray(prefixBytes)));
  for (const key of [...Object.keys(checksumRoom), 'source']) delete table.__metadata__[key];
  table.__metadata__.version = '1';
  return padHeader(table);
}
