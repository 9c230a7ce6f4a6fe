// GGUF files that other programs made. stories260K lies in ../shared, beside the llama2.c file that it was
// made from; TREEKV_TEST_GGUF names any other model. Each test skips itself where its file is absent.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gguf } from '@huggingface/gguf';
import { describe, expect, it, test } from 'vitest';
import { type GgufFile, openGguf, widenGguf } from '../src/gguf/index.ts';

const folder = join(import.meta.dirname, '../../shared/models/stories260K');
const stories = join(folder, 'stories260K.gguf');
const original = join(folder, 'stories260K.bin');
const absent = existsSync(stories) && existsSync(original) ? '' : ': ../shared is not here';

/** The weights of a llama2.c file by llama.cpp's names; all layers lie together, in this order. */
function readLlama2c(file: string): ReadonlyMap<string, Float32Array> {
  const bytes = new Uint8Array(readFileSync(file)).buffer;
  const [dim, hidden, layers, heads, kvHeads, vocab] = new Int32Array(bytes, 0, 7);
  const kvDim = (dim / heads) * kvHeads;
  const weights = new Map<string, Float32Array>();
  let at = 7 * 4;
  const take = (name: string, length: number) => {
    weights.set(name, new Float32Array(bytes, at, length));
    at += 4 * length;
  };
  const takeLayers = (name: string, length: number) => {
    for (let layer = 0; layer < layers; layer++) take(`blk.${layer}.${name}.weight`, length);
  };
  take('token_embd.weight', vocab * dim);
  takeLayers('attn_norm', dim);
  takeLayers('attn_q', dim * dim);
  takeLayers('attn_k', kvDim * dim);
  takeLayers('attn_v', kvDim * dim);
  takeLayers('attn_output', dim * dim);
  takeLayers('ffn_norm', dim);
  takeLayers('ffn_gate', hidden * dim);
  takeLayers('ffn_down', dim * hidden);
  takeLayers('ffn_up', hidden * dim);
  take('output_norm.weight', dim);
  return weights;
}

async function read(file: GgufFile, name: string): Promise<Float32Array> {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) throw new Error(`${file.file} has no ${name}`);
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  return widenGguf(tensor.type, await file.readRange(tensor.offset, tensor.length), count);
}

test.skipIf(absent)(`every weight of stories260K.gguf is the one that llama2.c reads${absent}`, async () => {
  const file = await openGguf(stories);
  const expected = readLlama2c(original);
  expect(expected.size).toBe(47);
  for (const [name, values] of expected) expect(await read(file, name), name).toEqual(values);
  // tied: the file repeats the table
  expect([...file.tensors.keys()].filter((name) => !expected.has(name))).toEqual(['output.weight']);
  expect(await read(file, 'output.weight')).toEqual(expected.get('token_embd.weight'));
  await file.close();
});

const given = process.env.TREEKV_TEST_GGUF ?? '';

describe.skipIf(given === '')(`the model that TREEKV_TEST_GGUF names${given === '' ? ': none' : ''}`, () => {
  it('has the metadata and tensors that @huggingface/gguf finds', async () => {
    const ours = await openGguf(given);
    await ours.close();
    const theirs = await gguf(given, { allowLocalFile: true });
    expect(ours.dataStart).toBe(Number(theirs.tensorDataOffset));
    expect([...ours.tensors.values()].map(({ name, shape, offset }) => ({ name, shape, offset }))).toEqual(
      theirs.tensorInfos.map(({ name, shape, offset }) => ({
        name,
        shape: shape.map(Number).reverse(),
        offset: ours.dataStart + Number(offset),
      })),
    );
    const metadata = theirs.metadata as Record<string, unknown>;
    for (const [key, value] of ours.metadata) {
      // text by text, a matcher takes minutes over a vocabulary
      const [mine, other] = [value, metadata[key]].map((one) => JSON.stringify(plain(one)));
      expect(mine === other, key).toBe(true);
    }
    expect(ours.metadata.size).toBe(Number(metadata.kv_count));
  });

  it('holds finite weights in every tensor', async () => {
    const file = await openGguf(given);
    for (const name of file.tensors.keys()) {
      const values = await read(file, name);
      expect(values.every(Number.isFinite), name).toBe(true);
      expect(
        values.some((value) => value !== 0),
        name,
      ).toBe(true);
    }
    await file.close();
  });
});

/** Typed arrays and lists alike as lists, 64-bit integers and truths in arrays as numbers. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  return Array.from(value as ArrayLike<unknown>, (one) =>
    typeof one === 'bigint' || typeof one === 'boolean' ? Number(one) : one,
  );
}
