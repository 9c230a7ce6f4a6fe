// GGUF files, from the file to logits: a copy of our own model gives the same packed weights as its Hugging Face
// folder, blocks of 4 and 8 bits arrive as ggml rounds them, the graph runs on them, and stories260K writes the
// reference text beside it. What needs ../shared skips itself where that is absent.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'treekv';
import { beforeAll, describe, expect, it } from 'vitest';
import { SequenceCache } from '../src/cache/index.ts';
import { correlation, largestError } from '../src/engine/fake/float64Decoder.testing.ts';
import { createOrtEngine, type Engine } from '../src/engine/index.ts';
import { Batch, loadLocalModel } from '../src/generation/index.ts';
import { score } from '../src/generation/score.ts';
import type { EncodableType } from '../src/gguf/ggufBlocks.testing.ts';
import type { TensorToWrite } from '../src/gguf/ggufWriter.testing.ts';
import { openFolderCheckpoint } from '../src/model/folderCheckpoint.ts';
import { type ModelToCopy, writeGgufCopy } from '../src/model/ggufCopy.testing.ts';
import { decodeSafetensors, openTokenizer, type PackedWeights, preparePacked } from '../src/model/index.ts';
import { packedParts } from '../src/model/packedLayout.ts';
import { type TinyTensor, writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { findPolicy, planCache } from '../src/policies/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';

const place = useTemporaryCache();
const shared = join(import.meta.dirname, '..', '..', 'shared');
const books = join(shared, 'models', 'books-27m-4k');
const stories = join(shared, 'models', 'stories260K');
const without = (path: string) => (existsSync(path) ? '' : ` (skipped: ${path} is absent)`);

describe.skipIf(without(books))(`books-27m-4k as GGUF${without(books)}`, () => {
  let model: ModelToCopy;
  beforeAll(async () => {
    model = await readModel(books);
  });

  it('in F16 it packs to the same fp32 as its folder, but for the least of numbers, and predicts the same', async () => {
    const file = await writeGgufCopy(join(place.folder, 'f16.gguf'), model, { type: () => 'F16' });
    const [ours, theirs] = [await preparePacked(books, 'fp32'), await preparePacked(file, 'fp32')];
    const [expected, actual] = [await tensorsOf(ours), await tensorsOf(theirs)];
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    // bfloat16 reaches lower than float16, which has steps of 2^-24 there; everything else is equal
    let [apart, largest, furthest] = [0, 0, 0];
    for (const [name, bytes] of expected) {
      const [values, copied] = [floats(bytes), floats(actual.get(name))];
      for (let i = 0; i < values.length; i++) {
        if (copied[i] === values[i]) continue;
        apart++;
        largest = Math.max(largest, Math.abs(values[i]));
        furthest = Math.max(furthest, Math.abs(copied[i] - values[i]));
      }
    }
    process.stdout.write(`books-27m-4k in fp32: ${apart} numbers are too small for float16\n`);
    expect(largest).toBeLessThan(2 ** -14);
    expect(furthest).toBeLessThanOrEqual(2 ** -25);
    const tokenizer = await openTokenizer(books);
    const text = await readFile(join(shared, 'data', 'pg19_test', '5770.txt'), 'utf8');
    const ids = tokenizer.withBos(tokenizer.encode(text.slice(2000, 3000)));
    const [nll, copiedNll] = [await likelihoods(ours, ids), await likelihoods(theirs, ids)];
    expect(largestError(copiedNll, nll)).toBeLessThan(1e-5);
  });

  it.each([
    ['Q8_0', blockQ8_0],
    ['Q4_0', blockQ4_0],
  ] as const)('in %s it packs to the codes and scales that ggml would give', async (type, quantise) => {
    const file = await writeGgufCopy(join(place.folder, `${type}.gguf`), model, { type: () => type });
    const weights = await preparePacked(file, 'q8');
    const packed = await tensorsOf(weights);
    for (const part of packedParts(weights.config, 'q8')) {
      if (part.kind === 'vector') continue;
      const expected = { codes: [] as Uint8Array[], scales: [] as number[] };
      for (const { name } of part.sources) {
        const values = model.weights.get(name)?.values ?? new Float32Array(0);
        for (let i = 0; i < values.length; i += 32) {
          const { codes, scale } = quantise(values.subarray(i, i + 32));
          expected.codes.push(codes);
          expected.scales.push(scale);
        }
      }
      const same = (name: string, bytes: Uint8Array) =>
        expect(
          Buffer.compare(packed.get(`${part.name}.${name}`) ?? new Uint8Array(0), bytes),
          part.name,
        ).toBe(0);
      same('weight', Buffer.concat(expected.codes));
      same('scales', new Uint8Array(Float32Array.from(expected.scales).buffer));
    }
  });
});

const kinds: readonly [string, (name: string) => EncodableType][] = [
  ['Q8_0', () => 'Q8_0'],
  ['Q4_0', () => 'Q4_0'],
  ['Q4_0 with values in Q8_0', (name) => (name.includes('v_proj') ? 'Q8_0' : 'Q4_0')],
  ['Q4_0 with a head in Q8_0', (name) => (name.startsWith('lm_head') ? 'Q8_0' : 'Q4_0')],
  ['Q5_0', () => 'Q5_0'],
  ['Q5_0 with feed-forward in Q5_1', (name) => (name.includes('mlp') ? 'Q5_1' : 'Q5_0')],
  ['Q4_0 with values in Q5_0', (name) => (name.includes('v_proj') ? 'Q5_0' : 'Q4_0')],
  ['Q4_0 with feed-forward in Q4_1', (name) => (name.includes('mlp') ? 'Q4_1' : 'Q4_0')],
];

describe.each([true, false])('the graph on weights as GGUF holds them (tied: %s)', (tied) => {
  it.each(kinds)('predicts from %s as from the same weights in fp32', async (name, type) => {
    const folder = join(place.folder, `tiny-${name}-${tied}`);
    const model = await writeTinyModel(folder, { tied, hiddenSize: 160, intermediateSize: 192, headDim: 32 });
    const file = await writeGgufCopy(join(folder, 'model.gguf'), model, { type });
    const ids = Int32Array.from({ length: 60 }, (_, i) => (i * 29 + 7) % 96);
    const exact = await likelihoods(await preparePacked(file, 'fp32'), ids);
    // 8-bit activations are the whole difference: the weights are the same but for those in Q4_1 and Q5_1
    const kept = await likelihoods(await preparePacked(file, 'q8'), ids);
    expect(correlation([...kept], [...exact])).toBeGreaterThan(0.999);
    expect(largestError(kept, exact)).toBeLessThan(5e-2);
  });
});

it('a Q4_K_M file of rows that are no multiple of 256 loads, and predicts as its weights in fp32', async () => {
  const folder = join(place.folder, 'mix');
  const model = await writeTinyModel(folder, { hiddenSize: 160, intermediateSize: 256, headDim: 32 });
  // what llama-quantize falls back to for rows of 160 (Qwen2.5-0.5B: 896); rows of 256 have Q4_K as asked
  const type = (name: string) => (/v_proj|embed_tokens/.test(name) ? 'Q8_0' : 'Q5_0');
  const inK = (tensor: TensorToWrite): TensorToWrite =>
    /ffn_down/.test(tensor.name) ? { ...tensor, type: 'Q4_K', bytes: blocksQ4K(tensor.shape[0]) } : tensor;
  const change = (tensors: readonly TensorToWrite[]) => tensors.map(inK);
  const file = await writeGgufCopy(join(folder, 'model.gguf'), model, { type, change });
  const ids = Int32Array.from({ length: 60 }, (_, i) => (i * 29 + 7) % 96);
  const exact = await likelihoods(await preparePacked(file, 'fp32'), ids);
  const [q8, q4] = [await preparePacked(file, 'q8'), await preparePacked(file, 'q4')];
  expect(q8.format('0.qkv')).toEqual({ kind: 'blocks', bits: 8, block: 32 });
  const [inQ8, inQ4] = [await likelihoods(q8, ids), await likelihoods(q4, ids)];
  expect(correlation([...inQ8], [...exact])).toBeGreaterThan(0.999);
  expect(largestError(inQ8, exact)).toBeLessThan(5e-2);
  expect(correlation([...inQ4], [...exact])).toBeGreaterThan(0.9);
});

/** So many Q4_K blocks of any codes, worth -0.031 to 0.027: d = 2^-12, dmin = 2^-9, all scales and minima 16. */
function blocksQ4K(count: number): Uint8Array {
  const bytes = Uint8Array.from({ length: count * 144 }, (_, i) => (i * 2654435761) >>> 24);
  // of six bits, 16 is 16 in the bytes of sub-blocks 0 to 3, and 1 in those bytes' upper bits for 4 to 7
  const head = [0, 0x0c, 0, 0x18, ...new Array<number>(8).fill(16 | 0x40), ...new Array<number>(4).fill(0)];
  for (let block = 0; block < count; block++) bytes.set(head, block * 144);
  return bytes;
}

describe.skipIf(without(stories))(`stories260K${without(stories)}`, () => {
  const file = join(stories, 'stories260K.gguf');
  // in the tests, not here: this runs where the file is absent and the tests are skipped
  const expected = async () => (await readFile(join(stories, 'stories260K.greedy200.txt'), 'utf8')).trimEnd();

  it('writes the 200 tokens of the reference from BOS on', async () => {
    const { engine, tokenizer } = await loadLocalModel(file, { dtype: 'fp32' });
    const batch = await fullCache(engine);
    const written: number[] = [];
    let next = tokenizer.bosId ?? -1;
    while (written.length < 200) {
      const { logits } = await batch.step([{ ids: Int32Array.of(next) }]);
      next = argmax(logits[0] ?? []);
      written.push(next);
    }
    await engine.dispose();
    expect(tokenizer.decode(written)).toBe(await expected());
  });

  it('goes on with a text as the reference does, through the library', async () => {
    const model = await load(file, { dtype: 'fp32', cache: { policy: 'full' } });
    const beginning = 'Once upon a time';
    const text = await model.generate(beginning, { do_sample: false, max_new_tokens: 150 }).text();
    await model.dispose();
    expect(text.length).toBeGreaterThan(300);
    expect((await expected()).startsWith(beginning + text)).toBe(true);
  });
});

async function readModel(folder: string): Promise<ModelToCopy> {
  const checkpoint = await openFolderCheckpoint(folder);
  const weights = new Map<string, TinyTensor>();
  for (const part of packedParts(checkpoint.config, 'q8')) {
    if (part.kind === 'vector') {
      for (const { name, length } of part.sources) {
        weights.set(name, { shape: [length], values: await checkpoint.readRows(name, 0, 1) });
      }
    } else {
      for (const { name, rows } of part.sources) {
        weights.set(name, { shape: [rows, part.columns], values: await checkpoint.readRows(name, 0, rows) });
      }
    }
  }
  await checkpoint.close();
  return { config: checkpoint.config, weights };
}

async function tensorsOf({ file }: PackedWeights): Promise<ReadonlyMap<string, Uint8Array>> {
  const { tensors } = decodeSafetensors(new Uint8Array(await readFile(file)));
  return new Map([...tensors].map(([name, { bytes }]) => [name, bytes]));
}

function floats(bytes: Uint8Array = new Uint8Array(0)): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/** Negative log-likelihoods of each token from the second on. */
async function likelihoods(weights: PackedWeights, ids: Int32Array): Promise<Float32Array> {
  const engine = await createOrtEngine(weights, { threads: 2 });
  const plan = await planCache({ policy: 'full' });
  const row = { ids: ids.subarray(0, -1), targets: ids.subarray(1), plan };
  const { results } = await score(engine, [row], { chunk: 64 });
  await engine.dispose();
  return results[0].nll;
}

async function fullCache(engine: Engine): Promise<Batch> {
  const { layers, kvHeads: heads } = engine.config;
  const batch = new Batch(engine, 1);
  const plan = await planCache({ policy: 'full' });
  batch.add(new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads }));
  return batch;
}

function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

// ggml's reference quantisers once more, written from what the types mean: float32 arithmetic, a scale that is
// stored as float16, codes made with the scale before it was rounded.

function blockQ8_0(x: Float32Array): { codes: Uint8Array; scale: number } {
  const largest = Math.max(...x.map(Math.abs));
  const inverse = largest === 0 ? 0 : Math.fround(1 / Math.fround(largest / 127));
  const codes = Uint8Array.from(x, (value) => {
    const steps = Math.fround(value * inverse);
    return 128 + (steps < 0 ? -Math.floor(0.5 - steps) : Math.floor(steps + 0.5));
  });
  return { codes, scale: float16(Math.fround(largest / 127)) };
}

/** Codes as MatMulNBits has them: two neighbours a byte. */
function blockQ4_0(x: Float32Array): { codes: Uint8Array; scale: number } {
  let peak = 0;
  for (const value of x) if (Math.abs(value) > Math.abs(peak)) peak = value;
  const scale = Math.fround(peak / -8);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  const code = (value: number) => Math.min(15, Math.floor(Math.fround(Math.fround(value * inverse) + 8.5)));
  const codes = Uint8Array.from({ length: 16 }, (_, i) => code(x[2 * i]) | (code(x[2 * i + 1]) << 4));
  return { codes, scale: float16(scale) };
}

/** The nearest float16, ties to an even last bit; of numbers in its normal range. */
function float16(value: number): number {
  if (value === 0) return 0;
  const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -14) - 10);
  const steps = value / step;
  const below = Math.floor(steps);
  const rest = steps - below;
  return step * (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below);
}
