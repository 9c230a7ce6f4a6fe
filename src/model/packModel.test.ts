import { existsSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { OpenForWriting } from '../core/index.ts';
import { temporaryFolder } from '../core/temporaryFolder.testing.ts';
import { restoreConfig } from './config.ts';
import { writeGgufCopy } from './ggufCopy.testing.ts';
import type { Dtype } from './packed.ts';
import { packedParts } from './packedLayout.ts';
import { openPacked } from './packedWeights.ts';
import { packModel } from './packModel.ts';
import { quantiseQ4, quantiseQ8 } from './quantise.ts';
import { decodeSafetensors } from './safetensors.ts';
import { bytesOf } from './safetensorsWriter.ts';
import { type TinyModel, writeTinyModel } from './tinyModel.testing.ts';

const dtypes: readonly Dtype[] = ['fp32', 'q8', 'q4'];

/** Rows of several weights, one after another. */
function fuse({ weights }: TinyModel, ...names: string[]): Float32Array {
  return Float32Array.from(names.flatMap((name) => [...(weights.get(name)?.values ?? [])]));
}

const layer = (number: number, name: string) => `model.layers.${number}.${name}.weight`;
const qkvNames = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'].map((name) => layer(1, name));

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}

/** A packed tiny model and its tensors' bytes. */
async function pack(dtype: Dtype, tied = true) {
  const folder = await temporaryFolder();
  const model = await writeTinyModel(join(folder, 'model'), { tied, dtype: 'BF16' });
  const file = join(folder, 'out', 'packed.safetensors');
  await packModel(model.folder, dtype, file);
  const { tensors, metadata } = decodeSafetensors(new Uint8Array(await readFile(file)));
  const bytes = (name: string) => tensors.get(name)?.bytes;
  return { model, file, tensors, metadata, bytes };
}

test('fp32 stores linear layers as [K, N], with q, k and v fused and gate before up', async () => {
  const { model, bytes, tensors } = await pack('fp32');
  expect(tensors.get('1.qkv.weight')?.shape).toEqual([64, 128]);
  expect(bytes('1.qkv.weight')).toEqual(bytesOf(transposed(fuse(model, ...qkvNames), 128, 64)));
  const gateUp = fuse(model, layer(0, 'mlp.gate_proj'), layer(0, 'mlp.up_proj'));
  expect(bytes('0.gateUp.weight')).toEqual(bytesOf(transposed(gateUp, 192, 64)));
  const down = fuse(model, layer(1, 'mlp.down_proj'));
  expect(bytes('1.down.weight')).toEqual(bytesOf(transposed(down, 64, 96)));
});

test('fp32 stores the table as rows and, tied, once more as the head [d, V]', async () => {
  const { model, bytes } = await pack('fp32');
  const table = fuse(model, 'model.embed_tokens.weight');
  expect(bytes('embed.weight')).toEqual(bytesOf(table));
  expect(bytes('head.weight')).toEqual(bytesOf(transposed(table, 96, 64)));
});

test.each(dtypes)('%s keeps the norms as they are', async (dtype) => {
  const { model, bytes } = await pack(dtype);
  expect(bytes('norm')).toEqual(bytesOf(fuse(model, 'model.norm.weight')));
  expect(bytes('0.norm1')).toEqual(bytesOf(fuse(model, layer(0, 'input_layernorm'))));
  expect(bytes('1.norm2')).toEqual(bytesOf(fuse(model, layer(1, 'post_attention_layernorm'))));
});

test('q8 stores blocks of 128 and, tied, no head', async () => {
  const { model, bytes, tensors } = await pack('q8');
  const expected = quantiseQ8(fuse(model, ...qkvNames), 128, 64, 128);
  expect(tensors.get('1.qkv.weight')?.shape).toEqual([128, 1, 128]);
  expect(bytes('1.qkv.weight')).toEqual(expected.codes);
  expect(bytes('1.qkv.scales')).toEqual(bytesOf(expected.scales));
  expect([...tensors.keys()].some((name) => name.startsWith('head'))).toBe(false);
});

test('q4 stores layers in blocks of 32 and 4 bits, the table and the head in 8 bits', async () => {
  const { model, bytes, tensors } = await pack('q4', false);
  const expected = quantiseQ4(fuse(model, ...qkvNames), 128, 64);
  expect(tensors.get('1.qkv.weight')?.shape).toEqual([128, 2, 16]);
  expect(bytes('1.qkv.weight')).toEqual(expected.codes);
  expect(bytes('1.qkv.scales')).toEqual(bytesOf(expected.scales));
  expect(bytes('head.weight')).toEqual(quantiseQ8(fuse(model, 'lm_head.weight'), 96, 64, 128).codes);
  expect(tensors.get('embed.weight')?.shape).toEqual([96, 1, 128]);
});

test.each(dtypes)('%s without tied embeddings makes the head of lm_head', async (dtype) => {
  const { model, bytes, tensors } = await pack(dtype, false);
  const head = fuse(model, 'lm_head.weight');
  const expected = dtype === 'fp32' ? transposed(head, 96, 64) : quantiseQ8(head, 96, 64, 128).codes;
  expect(bytes('head.weight')).toEqual(bytesOf(expected));
  expect(tensors.has('head.scales')).toBe(dtype !== 'fp32');
});

test('the metadata name the format, its version, the weight type and the config', async () => {
  const { model, metadata } = await pack('q8');
  expect(metadata).toMatchObject({ format: 'treekv-packed', version: '2', dtype: 'q8' });
  expect(restoreConfig(JSON.parse(metadata.config), 'x')).toEqual(model.config);
});

test.each(dtypes)('%s packed twice is the same file, and so it is from shards', async (dtype) => {
  const folder = await temporaryFolder();
  const { folder: single } = await writeTinyModel(join(folder, 'single'));
  const { folder: sharded } = await writeTinyModel(join(folder, 'sharded'), { shards: 3 });
  const packed = await Promise.all(
    [single, single, sharded].map(async (source, i) => {
      await packModel(source, dtype, join(folder, `${i}`));
      return readFile(join(folder, `${i}`));
    }),
  );
  expect(packed[1].equals(packed[0])).toBe(true);
  expect(packed[2].equals(packed[0])).toBe(true);
});

test('every tensor lies at a multiple of 4', async () => {
  for (const dtype of dtypes) {
    const { file } = await pack(dtype);
    for (const { offset } of (await openPacked(file)).tensors.values()) expect(offset % 4).toBe(0);
  }
});

test('progress rises to 1', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder());
  const seen: number[] = [];
  await packModel(folder, 'q8', join(folder, 'out'), { onProgress: (fraction) => seen.push(fraction) });
  expect(seen.at(-1)).toBe(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test('an aborted packing is ABORTED and leaves no file', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder());
  const controller = new AbortController();
  const options = { signal: controller.signal, onProgress: () => controller.abort('enough') };
  await expect(packModel(folder, 'q8', join(folder, 'out'), options)).rejects.toMatchObject({
    code: 'ABORTED',
    cause: 'enough',
  });
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors']);
});

test('an error in writing is WRITE_FAILED and leaves no file', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder());
  const openFailing: OpenForWriting = async (file) => {
    const handle = await open(file, 'wx');
    let written = 0;
    return {
      async write(bytes, offset, length) {
        if (written > 10_000) throw Object.assign(new Error('told to'), { code: 'ENOSPC' });
        written += length;
        return handle.write(bytes, offset, length);
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  };
  const attempt = packModel(folder, 'q8', join(folder, 'out'), { open: openFailing });
  await expect(attempt).rejects.toMatchObject({ code: 'WRITE_FAILED', cause: { code: 'ENOSPC' } });
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors']);
});

test('a missing tensor is BAD_WEIGHTS and leaves no file', async () => {
  const missing = 'model.layers.1.mlp.up_proj.weight';
  const { folder } = await writeTinyModel(await temporaryFolder(), {
    change: (tensors) => tensors.filter(({ name }) => name !== missing),
  });
  await expect(packModel(folder, 'q8', join(folder, 'out'))).rejects.toMatchObject({
    code: 'BAD_WEIGHTS',
    details: { name: missing },
  });
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors']);
});

test('a config that makes a tensor another shape is BAD_WEIGHTS', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder(), { config: { intermediate_size: 97 } });
  await expect(packModel(folder, 'q4', join(folder, 'out'))).rejects.toMatchObject({
    code: 'BAD_WEIGHTS',
    details: { expected: [97, 64], actual: [96, 64] },
  });
});

test('another architecture is UNSUPPORTED', async () => {
  const config = { architectures: ['Gemma2ForCausalLM'], model_type: 'gemma2' };
  const { folder } = await writeTinyModel(await temporaryFolder(), { config });
  await expect(packModel(folder, 'q8', join(folder, 'out'))).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('Gemma2ForCausalLM'),
  });
});

test('a weight that is not finite is BAD_WEIGHTS with its place', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder(), {
    change: (tensors) => {
      const bytes = tensors[2].bytes;
      new DataView(bytes.buffer, bytes.byteOffset).setFloat32(4 * 5, Number.NEGATIVE_INFINITY, true);
      return tensors;
    },
  });
  await expect(packModel(folder, 'q8', join(folder, 'out'))).rejects.toThrow(
    /q_proj.* -Infinity at element 5/,
  );
});

test('a tensor that the graph would leave out is UNSUPPORTED', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder(), {
    change: (tensors) => [
      ...tensors,
      { name: 'model.layers.0.self_attn.q_proj.bias', dtype: 'F32', shape: [1], bytes: new Uint8Array(4) },
    ],
  });
  await expect(packModel(folder, 'q8', join(folder, 'out'))).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('q_proj.bias'),
  });
});

test('what is packed of a GGUF file of floats is the same file as of the folder', async () => {
  const folder = await temporaryFolder();
  const model = await writeTinyModel(folder, { tied: false, config: { rms_norm_eps: 2 ** -17 } });
  const gguf = await writeGgufCopy(join(folder, 'model.gguf'), {
    ...model,
    config: { ...model.config, rmsNormEps: 2 ** -17 },
  });
  for (const dtype of dtypes) {
    await packModel(folder, dtype, join(folder, 'a'));
    await packModel(gguf, dtype, join(folder, 'b'));
    expect((await readFile(join(folder, 'b'))).equals(await readFile(join(folder, 'a')))).toBe(true);
  }
});

test('the metadata of blocks that were kept name their formats', async () => {
  const folder = await temporaryFolder();
  const gguf = await writeGgufCopy(join(folder, 'model.gguf'), await writeTinyModel(folder), {
    type: (name) => (name.includes('down_proj') ? 'Q4_0' : 'F16'),
  });
  await packModel(gguf, 'q8', join(folder, 'out'));
  const { metadata } = decodeSafetensors(await readFile(join(folder, 'out')));
  expect(JSON.parse(metadata.formats)).toEqual({
    '0.down': { bits: 4, block: 32 },
    '1.down': { bits: 4, block: 32 },
  });
});

test('a tensor of a GGUF file that the graph would leave out is UNSUPPORTED by its own name', async () => {
  const folder = await temporaryFolder();
  const more = { name: 'blk.0.attn_sub_norm.weight', shape: [2], type: 'F32', values: [1, 2] } as const;
  const gguf = await writeGgufCopy(join(folder, 'model.gguf'), await writeTinyModel(folder), {
    change: (tensors) => [...tensors, more],
  });
  await expect(packModel(gguf, 'q8', join(folder, 'out'))).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    details: { names: ['blk.0.attn_sub_norm.weight'] },
  });
});

test('a stored copy of a tied head and old rotary tables are left out without complaint', async () => {
  const { folder } = await writeTinyModel(await temporaryFolder(), {
    change: (tensors) => [
      ...tensors,
      { ...tensors[0], name: 'lm_head.weight' },
      {
        name: 'model.layers.0.self_attn.rotary_emb.inv_freq',
        dtype: 'F32',
        shape: [0],
        bytes: new Uint8Array(0),
      },
    ],
  });
  await packModel(folder, 'q8', join(folder, 'out'));
  expect((await openPacked(join(folder, 'out'))).tensors.has('head.weight')).toBe(false);
});

const books = fileURLToPath(new URL('../../../shared/models/books-27m-4k', import.meta.url));

test.skipIf(!existsSync(books))(
  'books-27m-4k packs to 27.6 MB in q8 (skipped where the model is absent)',
  async () => {
    const file = join(await temporaryFolder(), 'packed.safetensors');
    await packModel(books, 'q8', file);
    expect((await stat(file)).size / 1e6).toBeCloseTo(27.6, 1);
    const { config } = await openPacked(file);
    const parts = packedParts(config, 'q8').filter((part) => part.kind === 'matrix');
    const weights = parts.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
    expect(weights / 1e6).toBeCloseTo(26.7, 1);
  },
  60_000,
);
