// The two checksums of a packed file, in its metadata: `payload` over the tensors' bytes, and `header` over the
// header, in which its own digits count as zeros. Written once all bytes are known, into the room that the header
// keeps for them. They show damage, which would give other text without a word; they are no proof against a forger.
import { type ByteSink, contentHashName, hashFile, startContentHash, TreekvError } from '../core/index.ts';

const keys = ['payload', 'header'] as const;
type Key = (typeof keys)[number];

const unknown = '0'.repeat(16);

/** Metadata that keep room for the checksums. */
export const checksumRoom: Readonly<Record<Key, string>> = {
  payload: `${contentHashName}:${unknown}`,
  header: `${contentHashName}:${unknown}`,
};

/**
 * Writes a packed file through `write`, whose first piece must be the header with `checksumRoom`, and fills in the
 * checksums at its end.
 */
export async function writeChecksummed(
  sink: ByteSink,
  write: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  const payload = await startContentHash();
  let header: Uint8Array | undefined;
  await write(async (bytes) => {
    if (header === undefined) header = bytes.slice();
    else payload.update(bytes);
    await sink(bytes);
  });
  if (header === undefined) throw new Error('a packed file without a header');
  fill(header, 'payload', payload.hex());
  fill(header, 'header', await hashHeader(header));
  await sink(header, 0);
}

/**
 * Reads all of a packed file, whose tensors begin at `header.length`. Throws BAD_FILE, with `remedy` as the way out,
 * if it is damaged.
 */
export async function verifyChecksums(
  file: string,
  header: Uint8Array,
  remedy: string,
  signal?: AbortSignal,
): Promise<void> {
  const expected = Object.fromEntries(keys.map((key) => [key, digitsOf(header, key)]));
  const actual = {
    header: await hashHeader(header),
    payload: await hashFile(file, header.length, signal),
  };
  for (const key of keys) {
    if (actual[key] === expected[key]) continue;
    throw new TreekvError(
      'BAD_FILE',
      `${file} is damaged: its ${key} hashes to ${actual[key]} (${contentHashName}), not ${expected[key]}; ${remedy}`,
      { file, part: key, expected: expected[key], actual: actual[key] },
    );
  }
}

/** The hash of a header whose `header` digits count as zeros. */
async function hashHeader(header: Uint8Array): Promise<string> {
  const bytes = header.slice();
  if (placeOf(bytes, 'header') !== undefined) fill(bytes, 'header', unknown);
  const hash = await startContentHash();
  hash.update(bytes);
  return hash.hex();
}

function fill(header: Uint8Array, key: Key, digits: string): void {
  const place = placeOf(header, key);
  if (place === undefined) throw new Error(`the header has no room for ${key}`);
  header.set(Buffer.from(digits), place);
}

function digitsOf(header: Uint8Array, key: Key): string | undefined {
  const place = placeOf(header, key);
  return place === undefined
    ? undefined
    : Buffer.from(header.subarray(place, place + unknown.length)).toString();
}

/** Where the digits of a checksum lie; no string within the metadata has these quotes, unescaped. */
function placeOf(header: Uint8Array, key: Key): number | undefined {
  const before = `"${key}":"${contentHashName}:`;
  const at = Buffer.from(header.buffer, header.byteOffset, header.length).indexOf(before);
  return at < 0 ? undefined : at + before.length;
}
