// Parts of packed files, piece by piece; and from GGUF files, whose blocks stay as they are wherever they can.

import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import type { EncodableType } from '../gguf/ggufBlocks.testing.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openFolderCheckpoint } from './folderCheckpoint.ts';
import { openGgufCheckpoint } from './ggufCheckpoint.ts';
import { writeGgufCopy } from './ggufCopy.testing.ts';
import { keptFormats } from './keptFormats.ts';
import type { Dtype } from './packed.ts';
import { packedParts } from './packedLayout.ts';
import { type PieceSizes, packPart } from './packPart.ts';
import { dequantise, type QuantisedRows, quantiseQ4, quantiseQ8 } from './quantise.ts';
import { bytesOf } from './safetensorsWriter.ts';
import { writeTinyModel } from './tinyModel.testing.ts';

const layer = (name: string) => `model.layers.1.${name}.weight`;
const [q, k, v] = ['q', 'k', 'v'].map((letter) => layer(`self_attn.${letter}_proj`));
const table = 'model.embed_tokens.weight';

/** The tensors of a part by name, and in how many pieces each came. */
async function make(checkpoint: Checkpoint, dtype: Dtype, name: string, sizes?: PieceSizes) {
  const parts = packedParts(checkpoint.config, dtype, keptFormats(checkpoint, dtype));
  const part = parts.find((one) => one.name === name);
  if (part === undefined) throw new Error(`no part ${name}`);
  const bytes = new Map<string, Uint8Array>();
  let pieces = 0;
  for (const source of packPart(checkpoint, part, sizes)) {
    const made: Uint8Array[] = [];
    for await (const piece of source.produce()) made.push(piece.slice());
    pieces += made.length;
    bytes.set(source.name, new Uint8Array(Buffer.concat(made)));
  }
  return { part, bytes, pieces };
}

/** A tiny model as a GGUF file, matrices of these types. */
async function gguf(type: EncodableType | ((name: string) => EncodableType)): Promise<Checkpoint> {
  const folder = await temporaryFolder();
  const tiny = await writeTinyModel(folder);
  const file = join(folder, 'model.gguf');
  await writeGgufCopy(file, tiny, { type: typeof type === 'string' ? () => type : type });
  return openGgufCheckpoint(file);
}

/** Q4_0 but for these. */
const mixed = (others: Readonly<Record<string, EncodableType>>) => gguf((name) => others[name] ?? 'Q4_0');

const read = (checkpoint: Checkpoint, name: string) => checkpoint.readRows(name, 0, rowsOf(checkpoint, name));

function rowsOf({ config }: Checkpoint, name: string): number {
  if (name === table) return config.vocabSize;
  return (name === q ? config.queryHeads : config.kvHeads) * config.headDim;
}

/** The codes and scales that a matrix must have, row after row. */
function expectRows(made: ReadonlyMap<string, Uint8Array>, name: string, rows: readonly QuantisedRows[]) {
  const join = (arrays: readonly ArrayBufferView[]) =>
    Uint8Array.from(arrays.flatMap((array) => [...bytesOf(array)]));
  expect(made.get(`${name}.weight`)).toEqual(join(rows.map(({ codes }) => codes)));
  expect(made.get(`${name}.scales`)).toEqual(join(rows.map(({ scales }) => scales)));
}

/** Fails unless the part is made of the same bytes whatever the sizes of pieces. */
async function expectSameInPieces(checkpoint: Checkpoint, dtype: Dtype, name: string): Promise<void> {
  const whole = await make(checkpoint, dtype, name);
  const sizes = fc.record({
    run: fc.integer({ min: 1, max: 5000 }),
    band: fc.integer({ min: 600, max: 9000 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async (cut) => {
      const made = await make(checkpoint, dtype, name, cut);
      for (const [tensor, bytes] of whole.bytes) {
        expect(Buffer.compare(made.bytes.get(tensor) ?? new Uint8Array(0), bytes)).toBe(0);
      }
    }),
    { numRuns: 10, examples: [[{ run: 1, band: 600 }]] },
  );
  expect((await make(checkpoint, dtype, name, { run: 1, band: 600 })).pieces).toBeGreaterThan(whole.pieces);
}

test.each<[Dtype, string]>([
  ['fp32', 'embed'],
  ['fp32', '1.qkv'],
  ['fp32', 'head'],
  ['q8', '1.gateUp'],
  ['q4', '1.qkv'],
])('in %s, %s is the same however it is cut', async (dtype, name) => {
  const { folder } = await writeTinyModel(await temporaryFolder(), { dtype: 'BF16' });
  const checkpoint = await openFolderCheckpoint(folder);
  await expectSameInPieces(checkpoint, dtype, name);
  await checkpoint.close();
});

test('rows of GGUF blocks are the same however they are cut', async () => {
  const checkpoint = await mixed({ [k]: 'Q8_0' });
  await expectSameInPieces(checkpoint, 'q8', '1.qkv');
  await checkpoint.close();
});

test.each<[EncodableType, Dtype, 4 | 8]>([
  ['Q4_0', 'q8', 4],
  ['Q4_0', 'q4', 4],
  ['Q8_0', 'q8', 8],
])('%s packed as %s keeps its codes and scales', async (type, dtype, bits) => {
  const checkpoint = await gguf(type);
  const { bytes } = await make(checkpoint, dtype, '1.qkv');
  const rows = [q, k, v].map((name) => checkpoint.readBlocks(name, bits, 0, rowsOf(checkpoint, name)));
  expectRows(bytes, '1.qkv', await Promise.all(rows));
  const edge = await make(checkpoint, dtype, 'embed');
  expectRows(edge.bytes, 'embed', [await checkpoint.readBlocks(table, bits, 0, 96)]);
  await checkpoint.close();
});

test('Q8_0 packed as q4 is quantised anew, but for the table, which q4 holds in 8 bits anyway', async () => {
  const checkpoint = await gguf('Q8_0');
  const { bytes } = await make(checkpoint, 'q4', '1.qkv');
  const rows = [q, k, v].map(async (name) =>
    quantiseQ4(await read(checkpoint, name), rowsOf(checkpoint, name), 64),
  );
  expectRows(bytes, '1.qkv', await Promise.all(rows));
  const edge = await make(checkpoint, 'q4', 'embed');
  expectRows(edge.bytes, 'embed', [await checkpoint.readBlocks(table, 8, 0, 96)]);
  await checkpoint.close();
});

test.each<EncodableType>(['Q4_0', 'Q8_0'])('%s packed as fp32 is widened', async (type) => {
  const checkpoint = await gguf(type);
  const { bytes } = await make(checkpoint, 'fp32', 'embed');
  expect(bytes.get('embed.weight')).toEqual(bytesOf(await read(checkpoint, table)));
  await checkpoint.close();
});

test('Q4_0 fused with Q8_0 becomes 8 bits that are value for value the same', async () => {
  const checkpoint = await mixed({ [k]: 'Q8_0' });
  const { part, bytes } = await make(checkpoint, 'q8', '1.qkv');
  expect(part).toMatchObject({ format: { bits: 8, block: 32 } });
  const rows = await Promise.all(
    [q, k, v].map((name) => checkpoint.readBlocks(name, 8, 0, rowsOf(checkpoint, name))),
  );
  expectRows(bytes, '1.qkv', rows);
  for (const [i, name] of [q, k, v].entries()) {
    expect(dequantise(rows[i])).toEqual(await read(checkpoint, name));
  }
  await checkpoint.close();
});

test.each<EncodableType>(['Q8_0', 'Q4_1', 'F16'])(
  'packed as q4, what is fused with %s stays as it is where it is Q4_0 already',
  async (type) => {
    const checkpoint = await mixed({ [v]: type });
    const { part, bytes } = await make(checkpoint, 'q4', '1.qkv');
    expect(part).toMatchObject({ format: { bits: 4, block: 32 } });
    expectRows(bytes, '1.qkv', [
      await checkpoint.readBlocks(q, 4, 0, rowsOf(checkpoint, q)),
      await checkpoint.readBlocks(k, 4, 0, rowsOf(checkpoint, k)),
      quantiseQ4(await read(checkpoint, v), rowsOf(checkpoint, v), 64),
    ]);
    await checkpoint.close();
  },
);

test.each<EncodableType>(['Q4_1', 'F16', 'BF16', 'F32'])(
  'packed as q8, what is fused with %s is quantised anew as a whole',
  async (type) => {
    const checkpoint = await mixed({ [v]: type });
    const { part, bytes } = await make(checkpoint, 'q8', '1.qkv');
    expect(part).toMatchObject({ format: { bits: 8, block: 128 } });
    const rows = [q, k, v].map(async (name) =>
      quantiseQ8(await read(checkpoint, name), rowsOf(checkpoint, name), 64, 128),
    );
    expectRows(bytes, '1.qkv', await Promise.all(rows));
    await checkpoint.close();
  },
);

test('a block whose scale is not finite is BAD_WEIGHTS with its place, kept or not', async () => {
  const folder = await temporaryFolder();
  const tiny = await writeTinyModel(folder);
  const file = await writeGgufCopy(join(folder, 'model.gguf'), tiny, {
    type: () => 'Q8_0',
    change: (tensors) =>
      tensors.map((tensor) => {
        if (tensor.name !== 'blk.1.ffn_up.weight' || !('bytes' in tensor)) return tensor;
        const bytes = tensor.bytes.slice();
        bytes.set([0x00, 0x7c], 5 * 34); // infinity as float16
        return { ...tensor, bytes };
      }),
  });
  const checkpoint = await openGgufCheckpoint(file);
  const refused = (dtype: Dtype, words: RegExp) =>
    expect(make(checkpoint, dtype, '1.gateUp')).rejects.toMatchObject({
      code: 'BAD_WEIGHTS',
      message: expect.stringMatching(words),
    });
  await refused('q8', /up_proj.weight holds Infinity at scale 5/);
  await refused('q4', /up_proj.weight holds -?(Infinity|NaN) at element 1\d\d/);
  await checkpoint.close();
});
