// Damages small valid files in seeded, random ways. Whatever comes of it, opening a file and widening all
// its tensors ends well or in a TreekvError, and takes memory in proportion to the file, not to the numbers
// in it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measure } from '../core/damage.testing.ts';
import { float16Values, Random, TreekvError } from '../core/index.ts';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import type { GgufTensorType } from './gguf.ts';
import { parseGgufHeader } from './ggufHeader.ts';
import { ggufTypes } from './ggufTypes.ts';
import { encodeGguf, type TensorToWrite } from './ggufWriter.testing.ts';
import { openGguf } from './openGguf.ts';
import { repackRows } from './repackRows.ts';
import { widenGguf } from './widenGguf.ts';

const cases = 1500;

/** Bytes that typed arrays may take for a file of `size`: its header twice, its tensors stored and widened (4 bits
 * to 32) and repacked, and 64-bit integers twice. A bad count asks for gigabytes, or at least for 16 MiB. */
const allowedBytes = (size: number) => 16 * size + 2 ** 16;

/** Bytes of the heap beyond what collection has freed; texts of no letters take the most for their 8 bytes. */
const allowedHeap = (size: number) => 64 * size + 2 ** 24;

const below = (random: Random, limit: number) => Math.floor(random.next() * limit);

function tensorOf(random: Random, type: GgufTensorType, shape: readonly number[]): TensorToWrite {
  const { block, bytes } = ggufTypes[type];
  const count = shape.reduce((product, size) => product * size, 1);
  const filled = Uint8Array.from({ length: (count / block) * bytes }, () => below(random, 256));
  return { name: `blk.0.${type}.weight`, type, shape, bytes: filled };
}

/** One file a type, one with long arrays of every kind, one with a tokenizer and several tensors. */
function validFiles(random: Random): readonly Uint8Array[] {
  const types = Object.keys(ggufTypes) as GgufTensorType[];
  const general = {
    'general.architecture': 'llama',
    'llama.block_count': 2,
    'llama.rope.freq_base': 10000.5,
  };
  const tokens = Array.from({ length: 120 }, (_, i) => (i < 3 ? `<${i}>` : `Ġt${i * i}é`));
  const long = {
    'list.uint8': new Uint8Array(300),
    'list.int16': new Int16Array(200),
    'list.float32': new Float32Array(200).fill(0.5),
    'list.float64': new Float64Array(100),
    'list.uint64': { arrayOf: 'UINT64', values: Array.from({ length: 100 }, (_, i) => BigInt(i) ** 5n) },
    'list.int64': { arrayOf: 'INT64', values: Array.from({ length: 100 }, (_, i) => -BigInt(i)) },
    'list.bool': { arrayOf: 'BOOL', values: Array.from({ length: 200 }, (_, i) => i % 3 === 0) },
    'list.empty': new Array<string>(150).fill(''),
  } as const;
  const tokenizer = {
    ...general,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': new Int32Array(120).fill(1),
    'tokenizer.ggml.merges': tokens.slice(3).map((token) => `Ġ ${token}`),
    'tokenizer.ggml.add_bos_token': true,
  };
  const some = types.map((type) => tensorOf(random, type, [2, 256]));
  return [
    ...types.map((type) => encodeGguf({ metadata: general, tensors: [tensorOf(random, type, [3, 256])] })),
    encodeGguf({ metadata: long, tensors: [tensorOf(random, 'F32', [5])] }),
    encodeGguf({ metadata: tokenizer, tensors: some }),
    encodeGguf({ version: 2, alignment: 64, metadata: { ...long, ...tokenizer }, tensors: some }),
  ];
}

/** Bytes that make a count or length absurd, or cross a border. */
const extremes = [
  [255, 255, 255, 255, 255, 255, 255, 255],
  [0, 0, 0, 0, 0, 0, 0, 0],
  [255, 255, 255, 127, 0, 0, 0, 0],
  [0, 0, 0, 0, 1, 0, 0, 0],
  [0, 0, 0, 8, 0, 0, 0, 0],
  [255, 255, 255, 255, 255, 255, 31, 0],
];

/** Where the numbers of elements stand: after the kind ARRAY (9) and the elements' kind, of 4 bytes each. */
function arrayCounts(file: Uint8Array): readonly number[] {
  const counts: number[] = [];
  for (let at = 0; at + 16 <= file.length; at++) {
    const isArray = [9, 0, 0, 0].every((byte, i) => file[at + i] === byte);
    if (isArray && file[at + 4] < 13 && file[at + 5] + file[at + 6] + file[at + 7] === 0) counts.push(at + 8);
  }
  return counts;
}

/** A damaged copy: some flipped bytes, an extreme number, a cut, or a piece of another file over or inside it. */
function damage(random: Random, files: readonly Uint8Array[]): Uint8Array {
  const original = files[below(random, files.length)];
  const { dataStart } = parseGgufHeader(original, original.length, 'original');
  // mostly in the header, where the numbers are
  const place = () => below(random, random.next() < 0.85 ? dataStart : original.length);
  const copy = original.slice();
  const way = random.next();
  if (way < 0.5) {
    for (let flips = 1 + below(random, 8); flips > 0; flips--) copy[place()] = below(random, 256);
    return copy;
  }
  if (way < 0.65) {
    const extreme = extremes[below(random, extremes.length)];
    const counts = arrayCounts(original);
    // blindly, a count is seldom hit
    const at = counts.length > 0 && way < 0.6 ? counts[below(random, counts.length)] : place();
    copy.set(extreme, Math.min(at, copy.length - extreme.length));
    return copy;
  }
  if (way < 0.8) return copy.subarray(0, below(random, copy.length));
  const other = files[below(random, files.length)];
  const from = below(random, other.length);
  const piece = other.subarray(from, from + 1 + below(random, 200));
  const at = place();
  const rest = copy.subarray(way < 0.9 ? at : Math.min(copy.length, at + piece.length));
  return Uint8Array.of(...copy.subarray(0, at), ...piece, ...rest);
}

/** Opens the file, widens every tensor, and repacks where that is possible. */
async function readAll(file: string): Promise<void> {
  const opened = await openGguf(file);
  try {
    for (const { type, shape, offset, length } of opened.tensors.values()) {
      const bytes = await opened.readRange(offset, length);
      const columns = shape[shape.length - 1];
      const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
      expect(widenGguf(type, bytes, rows * columns)).toHaveLength(rows * columns);
      if (type === 'Q4_0' || type === 'Q8_0') repackRows(type, 8, bytes, rows, columns);
    }
  } finally {
    await opened.close();
  }
}

test('the measure notices an array of 16 MiB that nobody keeps, and a list of 4 million', async () => {
  const array = await measure(async () => void new Uint8Array(2 ** 24).fill(1));
  expect(array.bytes).toBeGreaterThan(allowedBytes(2 ** 16));
  const list = await measure(async () => void new Array(2 ** 22).fill(''));
  expect(list.heap).toBeGreaterThan(allowedHeap(2 ** 16));
});

// A collection of garbage between the two readings would hide an array, but cannot do so in all of many cases
// that share a cause; and an array too large to be had would end in a RangeError, which fails too.
test(`${cases} damaged files are read or refused, in memory that is bounded`, async () => {
  float16Values();
  const random = new Random(7);
  const files = validFiles(random);
  const file = join(await temporaryFolder(), 'damaged.gguf');
  for (const valid of files) {
    await writeFile(file, valid);
    await readAll(file);
  }
  const outcomes = new Map<string, number>();
  for (let i = 0; i < cases; i++) {
    const bytes = damage(random, files);
    await writeFile(file, bytes);
    const { error, ...used } = await measure(() => readAll(file));
    if (error !== undefined && !(error instanceof TreekvError)) {
      throw new Error(`case ${i} ended in ${error}`, { cause: error });
    }
    if (used.bytes > allowedBytes(bytes.length) || used.heap > allowedHeap(bytes.length)) {
      throw new Error(`case ${i}: a file of ${bytes.length} bytes took ${JSON.stringify(used)}`);
    }
    const outcome = error === undefined ? 'read' : error.code;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect([...outcomes.keys()].sort()).toEqual(['BAD_FILE', 'UNSUPPORTED', 'read']);
  // harmless damage and harmful, each often enough for the test to mean something
  expect(outcomes.get('read')).toBeGreaterThan(cases / 10);
  expect(outcomes.get('BAD_FILE')).toBeGreaterThan(cases / 3);
  expect(outcomes.get('UNSUPPORTED')).toBeGreaterThan(cases / 100);
}, 60_000);
