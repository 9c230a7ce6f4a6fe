import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import type { Architecture } from './config.ts';
import { openGgufCheckpoint } from './ggufCheckpoint.ts';
import { type GgufCopyOptions, writeGgufCopy } from './ggufCopy.testing.ts';
import { dequantise } from './quantise.ts';
import { type TinyModelOptions, writeTinyModel } from './tinyModel.testing.ts';

const query = 'model.layers.1.self_attn.q_proj.weight';

/** A tiny model as a GGUF file, and its checkpoint. */
async function copy(options: GgufCopyOptions = {}, model: TinyModelOptions = {}) {
  const folder = await temporaryFolder();
  const tiny = await writeTinyModel(folder, model);
  const file = await writeGgufCopy(join(folder, 'model.gguf'), tiny, options);
  return { ...tiny, file, checkpoint: await openGgufCheckpoint(file) };
}

test.each<Architecture>(['llama', 'qwen2', 'qwen3'])(
  'a %s file has the names, shapes, rows and config of the Hugging Face folder',
  async (architecture) => {
    const { checkpoint, weights, config } = await copy({}, { architecture, tied: false });
    expect(checkpoint.config).toEqual({ ...config, rmsNormEps: Math.fround(config.rmsNormEps) });
    expect(checkpoint.names).toEqual([...weights.keys()].sort());
    for (const [name, { shape, values }] of weights) {
      checkpoint.demand(name, shape);
      expect(await checkpoint.readRows(name, 0, shape.length === 1 ? 1 : shape[0])).toEqual(values);
      expect(checkpoint.blockFormat(name)).toBeUndefined();
    }
    await checkpoint.close();
  },
);

test.each([
  [0, 1],
  [7, 3],
  [15, 2],
  [5, 40],
  [16, 16],
])('rows of queries from %d on, %d of them, are those rows of the folder', async (first, count) => {
  const { checkpoint, weights } = await copy();
  const rows = weights.get(query)?.values.subarray(first * 64, (first + count) * 64);
  expect(await checkpoint.readRows(query, first, count)).toEqual(rows);
  await checkpoint.close();
});

test.each([
  ['Q4_0', 4, 4],
  ['Q4_0', 4, 8],
  ['Q5_0', 8, 8],
  ['Q8_0', 8, 8],
] as const)('%s, held in %d bits, is in %d bits the same values', async (type, held, bits) => {
  const { checkpoint, weights } = await copy({ type: () => type });
  expect(checkpoint.held).toEqual(['F32', type]);
  for (const [name, { shape }] of weights) {
    if (shape.length === 1) continue;
    expect(checkpoint.blockFormat(name)).toEqual({ kind: 'blocks', bits: held, block: 32 });
    const blocks = await checkpoint.readBlocks(name, bits, 3, 20);
    expect(blocks).toMatchObject({ bits, block: 32, rows: 20, columns: shape[1] });
    expect(dequantise(blocks)).toEqual(await checkpoint.readRows(name, 3, 20));
  }
  await checkpoint.close();
});

test.each(['F16', 'BF16', 'Q4_1', 'Q5_1'] as const)('%s has no blocks that the engine runs', async (type) => {
  const { checkpoint } = await copy({ type: () => type });
  expect(checkpoint.blockFormat(query)).toBeUndefined();
  await checkpoint.close();
});

test('factors of the rotary embedding are read from their tensor', async () => {
  const factors = [1, 1, 1.5, 2, 4, 8, 8, 8];
  const tensor = { name: 'rope_freqs.weight', shape: [8], type: 'F32', values: factors } as const;
  const { checkpoint } = await copy({ change: (tensors) => [...tensors, tensor] });
  expect(checkpoint.config.ropeScaling).toEqual({ kind: 'factors', factors });
  expect(checkpoint.names).not.toContain('rope_freqs.weight');
  await checkpoint.close();
});

test('factors that are no positive numbers, one for each pair, are BAD_FILE', async () => {
  for (const values of [
    [1, 1, 1, 1],
    [1, 1, 1, 0, 1, 1, 1, 1],
    [1, 1, 1, Number.NaN, 1, 1, 1, 1],
  ]) {
    const tensor = { name: 'rope_freqs.weight', shape: [values.length], type: 'F32', values } as const;
    await expect(copy({ change: (tensors) => [...tensors, tensor] })).rejects.toMatchObject({
      code: 'BAD_FILE',
    });
  }
});

test('a tensor without a Hugging Face name keeps its own', async () => {
  const tensor = { name: 'blk.0.attn_sub_norm.weight', shape: [2], type: 'F32', values: [1, 2] } as const;
  const { checkpoint } = await copy({ change: (tensors) => [...tensors, tensor] });
  expect(checkpoint.names).toContain('blk.0.attn_sub_norm.weight');
  await checkpoint.close();
});

test('a missing tensor and one of another shape are BAD_WEIGHTS with the name that the file has', async () => {
  const { checkpoint, file } = await copy({
    change: (tensors) => tensors.filter(({ name }) => name !== 'blk.1.ffn_up.weight'),
  });
  const missing = 'model.layers.1.mlp.up_proj.weight';
  expect(() => checkpoint.demand(missing, [96, 64])).toThrow(
    expect.objectContaining({ code: 'BAD_WEIGHTS', details: { file, name: missing } }),
  );
  expect(() => checkpoint.demand(query, [64, 65])).toThrow(
    expect.objectContaining({
      code: 'BAD_WEIGHTS',
      details: { file, name: 'blk.1.attn_q.weight', expected: [64, 65], actual: [64, 64] },
    }),
  );
  await checkpoint.close();
});

test('the fingerprint notices new content, and no new time', async () => {
  const { checkpoint, file } = await copy();
  const other = await copy({}, { seed: 2 });
  const first = await checkpoint.fingerprint();
  await checkpoint.close();
  await utimes(file, 1, 1);
  const touched = await openGgufCheckpoint(file);
  expect(await touched.fingerprint()).toBe(first);
  expect(await other.checkpoint.fingerprint()).not.toBe(first);
  await touched.close();
  await other.checkpoint.close();
});
