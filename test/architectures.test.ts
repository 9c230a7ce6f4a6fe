// Every architecture against transformers: tiny random models in test/fixtures/models, made by
// tools/reference/models.py together with the logits that transformers computes in float32. That script also
// checks that leaving out a family's own part moves them by at least 0.26 of their magnitude. Errors are the
// largest difference over the largest magnitude. Eviction on these architectures is compared with the float64
// reference, in engineReference.test.ts.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SequenceCache } from '../src/cache/index.ts';
import { correlation, largestError } from '../src/engine/fake/float64Decoder.testing.ts';
import { createOrtEngine, type Engine } from '../src/engine/index.ts';
import { Batch, type LocalModel, LocalSession, loadLocalModel, score } from '../src/generation/index.ts';
import { scoreTexts } from '../src/generation/scoreTexts.ts';
import {
  type Dtype,
  decodeSafetensors,
  type ModelConfig,
  openPacked,
  packModel,
  parseConfig,
} from '../src/model/index.ts';
import { type CacheOptions, findPolicy, planCache } from '../src/policies/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const fixtures = join(import.meta.dirname, 'fixtures', 'models');
const llama3 = { kind: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 32 };
const models: readonly (readonly [string, object])[] = [
  ['llama2', { architecture: 'llama', queryHeads: 3, kvHeads: 3, ropeScaling: null }],
  ['llama3.1', { architecture: 'llama', queryHeads: 6, kvHeads: 2, ropeTheta: 500, ropeScaling: llama3 }],
  ['smollm', { architecture: 'llama', queryHeads: 3, kvHeads: 1, tiedEmbeddings: true }],
  ['mistral', { architecture: 'mistral', headDim: 12, slidingWindow: null }],
  ['mistral-window', { architecture: 'mistral', headDim: 8, slidingWindow: 64 }],
  ['qwen2', { architecture: 'qwen2', qkvBias: true, tiedEmbeddings: false, slidingWindow: null }],
  ['qwen2-tied', { architecture: 'qwen2', qkvBias: true, tiedEmbeddings: true }],
  ['qwen3', { architecture: 'qwen3', qkNorm: true, qkvBias: false, headDim: 16, hiddenSize: 48 }],
];
// 16 + 9 + ..., then one by one
const chunks = [16, 9, 1, 7, 1, 1, 5];
const place = useTemporaryCache();

describe.each(models)('%s', (name, parts) => {
  const { ids, logits: expected } = expectedOf(name);
  const config = configOf(name, 'config.json');
  // what lies beyond a sliding window is refused
  const tokens = Math.min(ids.length, config.slidingWindow ?? ids.length);
  let folder = '';
  let exact: Engine;
  let quantised: Engine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'treekv-architectures-'));
    const engineOf = async (dtype: Dtype): Promise<Engine> => {
      const file = join(folder, `${dtype}.safetensors`);
      await packModel(join(fixtures, name), dtype, file);
      return createOrtEngine(await openPacked(file), { threads: 1 });
    };
    exact = await engineOf('fp32');
    quantised = await engineOf('q8');
  });

  afterAll(async () => {
    await exact.dispose();
    await quantised.dispose();
    await rm(folder, { recursive: true });
  });

  it('has a config that means the same as transformers 5 and as transformers 4 writes it', () => {
    expect(config).toMatchObject(parts);
    expect(configOf(name, 'config.transformers4.json')).toEqual(config);
  });

  it('gives the logits of transformers, read in one pass', async () => {
    const logits = await onePass(exact, ids.subarray(0, tokens));
    expect(largestError(logits, expected.subarray(0, tokens * config.vocabSize))).toBeLessThan(1e-5);
  });

  it('gives the logits of transformers, read in chunks and one by one', async () => {
    const { actual, wanted } = await inChunks(exact);
    expect(largestError(actual, wanted)).toBeLessThan(1e-5);
  });

  // weights and activations in blocks of only 48 columns, in 8 bits
  it('gives nearly those logits in q8', async () => {
    const { actual, wanted } = await inChunks(quantised);
    expect(correlation(actual, wanted)).toBeGreaterThan(0.995);
    expect(largestError(actual, wanted)).toBeLessThan(0.15);
  });

  /** The logits after each chunk, and what they should be. */
  async function inChunks(engine: Engine): Promise<{ actual: number[]; wanted: number[] }> {
    const V = config.vocabSize;
    const batch = await batchOf(engine, { policy: 'full' });
    const actual: number[] = [];
    const wanted: number[] = [];
    for (let read = 0, step = 0; read < tokens; step++) {
      const length = Math.min(chunks[step] ?? 1, tokens - read);
      const { logits } = await batch.step([{ ids: ids.subarray(read, read + length) }]);
      read += length;
      actual.push(...(logits[0] ?? []));
      wanted.push(...expected.subarray((read - 1) * V, read * V));
    }
    batch.dispose();
    return { actual, wanted };
  }
});

describe('a model with a sliding window of 64', () => {
  const { ids } = expectedOf('mistral-window');
  const targets = ids.subarray(1);
  const refusal = { code: 'UNSUPPORTED', message: expect.stringContaining('looks back over 64 positions') };
  let folder = '';
  let engine: Engine;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'treekv-window-'));
    await packModel(join(fixtures, 'mistral-window'), 'fp32', join(folder, 'packed.safetensors'));
    engine = await createOrtEngine(await openPacked(join(folder, 'packed.safetensors')), { threads: 1 });
  });

  afterAll(async () => {
    await engine.dispose();
    await rm(folder, { recursive: true });
  });

  it('reads 64 tokens under full, refuses the 65th, and still holds the 64', async () => {
    const batch = await batchOf(engine, { policy: 'full' });
    await batch.step([{ ids: ids.subarray(0, 64) }]);
    await expect(batch.step([{ ids: ids.subarray(64, 65) }])).rejects.toMatchObject(refusal);
    expect(batch.sequences[0].seen).toBe(64);
  });

  it('scores a longer text under a policy that stays inside, and under none that does not', async () => {
    let steps = 0;
    const scored = async (cache: CacheOptions, chunk = 1) => {
      steps = 0;
      const row = { ids: ids.subarray(0, 79), targets, plan: await planCache(cache) };
      const { results } = await score(engine, [row], { chunk, onProgress: () => steps++ });
      return results[0].entriesVisible;
    };
    expect(await scored({ budget: 48, recent: 8 }, 16)).toBe(64);
    await expect(scored({ budget: 48, recent: 8 }, 17)).rejects.toMatchObject(refusal);
    expect(steps).toBe(0);
    await expect(scored({ budget: 32, positions: 'absolute' })).rejects.toMatchObject(refusal);
    await expect(scored({ policy: 'full' })).rejects.toMatchObject(refusal);
  });

  it('scores no text under any cache if one of them would leave the window', async () => {
    const model = await windowed();
    const plans = [await planCache({ budget: 16, recent: 4 }), await planCache({ policy: 'full' })];
    const request = { texts: ['a text of letters '.repeat(5)], plans, limit: null, chunk: 1 };
    let steps = 0;
    const answer = scoreTexts(model, request, neverAborted(), () => steps++);
    await expect(answer).rejects.toMatchObject(refusal);
    expect(steps).toBe(0);
    await model.engine.dispose();
  });

  it('opens no session that would leave the window', async () => {
    const model = await windowed();
    const open = async (cache: CacheOptions, chunk: number) =>
      LocalSession.create(model, {
        cache: await planCache(cache),
        prefill_chunk_size: chunk,
        prefill: { mode: 'chunked' },
      });
    await expect(open({ budget: 48, recent: 8 }, 17)).rejects.toMatchObject(refusal);
    await expect(open({ policy: 'h2o', variant: 'official', budget: 8 }, 1)).rejects.toMatchObject(refusal);
    const session = await open({ budget: 48, recent: 8 }, 16);
    const { tokensSeen } = await session.append('a text of many letters. '.repeat(10), neverAborted());
    expect(tokensSeen).toBe(241);
    session.dispose();
    await model.engine.dispose();
  });

  /** A model with a tokenizer. */
  async function windowed(): Promise<LocalModel> {
    const options = { architecture: 'mistral', config: { sliding_window: 64 } } as const;
    const path = await writeTinyFolder(join(place.folder, 'window'), options);
    return loadLocalModel(path, { dtype: 'fp32', threads: 1 });
  }
});

function configOf(name: string, file: string): ModelConfig {
  return parseConfig(JSON.parse(readFileSync(join(fixtures, name, file), 'utf8')), file);
}

/** Token ids [T] and logits [T, V]. */
function expectedOf(name: string): { ids: Int32Array; logits: Float32Array } {
  const { tensors } = decodeSafetensors(readFileSync(join(fixtures, name, 'expected.safetensors')));
  const aligned = (tensor: string): ArrayBuffer =>
    Uint8Array.from(tensors.get(tensor)?.bytes ?? []).buffer as ArrayBuffer;
  return { ids: new Int32Array(aligned('ids')), logits: new Float32Array(aligned('logits')) };
}

async function batchOf(engine: Engine, options: CacheOptions): Promise<Batch> {
  const { layers, kvHeads: heads } = engine.config;
  const plan = await planCache(options);
  const batch = new Batch(engine, 1);
  batch.add(new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads }));
  return batch;
}

/** [T * V] logits of a text that is read at once into an empty store. */
async function onePass(engine: Engine, ids: Int32Array): Promise<Float32Array> {
  const { layers, kvHeads } = engine.config;
  const T = ids.length;
  const newPositions = Int32Array.from({ length: kvHeads * T }, (_, i) => i % T);
  const layer = { newPositions, queryWeights: new Float32Array(0), scoreRows: 0 };
  const store = engine.open(1, 0);
  const { logits } = await store.step({
    ...{ rows: 1, tokens: T, ids, layers: Array(layers).fill(layer) },
    ...{ pick: Int32Array.from(ids.keys()), target: new Int32Array(0), positionLimit: T },
  });
  store.dispose();
  return logits;
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
