// Damages small valid models in seeded, random ways: flipped bytes in safetensors files, in the index of shards, in
// config.json and in packed files. Opening one and reading all its tensors ends well or in a TreekvError, and takes
// memory in proportion to the file, not to the numbers in it.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flipped, measure } from '../core/damage.testing.ts';
import { Random, TreekvError } from '../core/index.ts';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { openFolderCheckpoint } from './folderCheckpoint.ts';
import { openPacked } from './packedWeights.ts';
import { packModel } from './packModel.ts';
import { openSafetensors } from './safetensors.ts';
import { writeTinyModel } from './tinyModel.testing.ts';

/** A model's bytes, its tensors widened from 16 bits, headers as text, JSON and table; samples for fingerprints. */
const allowedBytes = (size: number) => 16 * size + 2 ** 20;
const allowedHeap = (size: number) => 64 * size + 2 ** 24;

/** Bytes at the front of a safetensors file in which most damage is done: the header. */
async function headerLength(file: string): Promise<number> {
  const opened = await openSafetensors(file);
  await opened.close();
  return opened.dataStart;
}

async function readCheckpoint(folder: string): Promise<void> {
  const checkpoint = await openFolderCheckpoint(folder);
  try {
    for (const name of checkpoint.names) await checkpoint.readRows(name, 0, 1);
    await checkpoint.fingerprint();
  } finally {
    await checkpoint.close();
  }
}

/** Damages one file of `folder` in many ways, one at a time, and counts how reading `folder` ends. */
async function judge(
  folder: string,
  name: string,
  cases: number,
  read: () => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const file = join(folder, name);
  const valid = new Uint8Array(await readFile(file));
  const header = name.endsWith('.safetensors') ? await headerLength(file) : valid.length;
  let size = 0;
  for (const other of await readdir(folder)) size += (await stat(join(folder, other))).size;
  const random = new Random(cases);
  const outcomes = new Map<string, number>();
  await read();
  for (let i = 0; i < cases; i++) {
    const inHeader = random.next() < 0.9;
    const [front, back] = [valid.subarray(0, header), valid.subarray(header)];
    const damaged = inHeader
      ? Buffer.concat([flipped(front, random), back])
      : random.next() < 0.5
        ? Buffer.concat([front, flipped(back, random)])
        : valid.subarray(0, Math.floor(random.next() * valid.length));
    await writeFile(file, damaged);
    const { error, bytes, heap } = await measure(read);
    if (error !== undefined && !(error instanceof TreekvError)) {
      throw new Error(`${name}, case ${i}, ended in ${error}`, { cause: error });
    }
    if (bytes > allowedBytes(size) || heap > allowedHeap(size)) {
      throw new Error(`${name}, case ${i}: ${size} bytes took ${bytes} and ${heap} of the heap`);
    }
    const outcome = error === undefined ? 'read' : error.code;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  await writeFile(file, valid);
  return outcomes;
}

test('300 damaged safetensors files', async () => {
  const { folder } = await writeTinyModel(join(await temporaryFolder(), 'model'), { dtype: 'BF16' });
  const outcomes = await judge(folder, 'model.safetensors', 300, () => readCheckpoint(folder));
  expect(outcomes.get('BAD_FILE')).toBeGreaterThan(100);
});

test('100 damaged indexes of shards', async () => {
  const { folder } = await writeTinyModel(join(await temporaryFolder(), 'model'), { shards: 3 });
  const name = 'model.safetensors.index.json';
  const outcomes = await judge(folder, name, 100, () => readCheckpoint(folder));
  expect(outcomes.get('BAD_FILE')).toBeGreaterThan(20);
});

test('100 damaged configs', async () => {
  const { folder } = await writeTinyModel(join(await temporaryFolder(), 'model'));
  const outcomes = await judge(folder, 'config.json', 100, () => readCheckpoint(folder));
  expect(outcomes.get('BAD_FILE')).toBeGreaterThan(20);
});

test('200 damaged packed files', async () => {
  const place = await temporaryFolder();
  const { folder } = await writeTinyModel(join(place, 'model'));
  const file = join(place, 'packed.safetensors');
  await packModel(folder, 'q8', file);
  const outcomes = await judge(place, 'packed.safetensors', 200, async () => {
    await openPacked(file);
  });
  expect([...outcomes.keys()]).toContain('BAD_FILE');
  expect([...outcomes.keys()]).toContain('BAD_WEIGHTS');
});
