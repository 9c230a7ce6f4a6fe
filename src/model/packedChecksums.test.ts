import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { openPacked } from './packedWeights.ts';
import { packModel } from './packModel.ts';
import { openSafetensors } from './safetensors.ts';
import { writeTinyModel } from './tinyModel.testing.ts';

async function packed() {
  const folder = await temporaryFolder();
  await writeTinyModel(folder);
  const file = join(folder, 'packed.safetensors');
  await packModel(folder, 'q8', file);
  const opened = await openSafetensors(file);
  await opened.close();
  return { file, bytes: await readFile(file), dataStart: opened.dataStart, metadata: opened.metadata };
}

test('the metadata carry the hash of the payload by its name', async () => {
  const { metadata } = await packed();
  for (const text of [metadata.payload, metadata.header])
    expect(text).toMatch(/^xxh64:(?!0{16})[0-9a-f]{16}$/);
});

test('eight bytes changed in the payload are BAD_FILE with both hashes and the way out', async () => {
  const { file, bytes, dataStart, metadata } = await packed();
  bytes.fill(0x55, dataStart + 5000, dataStart + 5008);
  await writeFile(file, bytes);
  await expect(openPacked(file)).rejects.toMatchObject({
    code: 'BAD_FILE',
    message: expect.stringMatching(/is damaged: its payload hashes .* copy it again/),
    details: { part: 'payload', expected: metadata.payload.slice(6) },
  });
});

test('a number of the config that was changed is BAD_FILE', async () => {
  const { file, bytes } = await packed();
  const text = bytes.toString('latin1');
  expect(text).toContain('ropeTheta\\":10000');
  await writeFile(file, Buffer.from(text.replace('ropeTheta\\":10000', 'ropeTheta\\":20000'), 'latin1'));
  await expect(openPacked(file)).rejects.toMatchObject({ code: 'BAD_FILE', details: { part: 'header' } });
});

test('no bit of the file can be changed without an error', async () => {
  const { file, bytes, dataStart } = await packed();
  // half of them in the header
  const places = fc.oneof(fc.nat(dataStart - 1), fc.nat(bytes.length - 1));
  await fc.assert(
    fc.asyncProperty(places, fc.nat(7), async (at, bit) => {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 1 << bit;
      await writeFile(file, damaged);
      await expect(openPacked(file)).rejects.toHaveProperty('name', 'TreekvError');
    }),
    { numRuns: 200 },
  );
});

test('a file without checksums is BAD_FILE', async () => {
  const { file, bytes } = await packed();
  const text = bytes.toString('latin1');
  await writeFile(file, Buffer.from(text.replace('"payload":"xxh64', '"payment":"xxh64'), 'latin1'));
  await expect(openPacked(file)).rejects.toMatchObject({ code: 'BAD_FILE' });
});
