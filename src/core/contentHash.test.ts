import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashFile, startContentHash } from './contentHash.ts';
import { temporaryFolder } from './temporaryFolder.testing.ts';

async function hashOf(...pieces: readonly Uint8Array[]): Promise<string> {
  const hash = await startContentHash();
  for (const piece of pieces) hash.update(piece);
  return hash.hex();
}

// the reference implementation's own values
test.each([
  ['', 'ef46db3751d8e999'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['abc', '44bc2cf5ad770999'],
])('the hash of %j is that of XXH64 with seed 0', async (text, expected) => {
  expect(await hashOf(Buffer.from(text))).toBe(expected);
});

test('it does not matter where pieces begin', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(300), async (bytes, cut) => {
      expect(await hashOf(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(await hashOf(bytes));
    }),
  );
});

test('a file is hashed from the byte on that is asked for, over the edges of pieces', async () => {
  const bytes = Uint8Array.from({ length: 2 ** 21 + 12_345 }, (_, i) => (i * 31) >> 5);
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, bytes);
  for (const from of [0, 7, 2 ** 20, bytes.length]) {
    expect(await hashFile(file, from)).toBe(await hashOf(bytes.subarray(from)));
  }
});
