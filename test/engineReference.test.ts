// The engine, the slot cache and the batch against a float64 decoder in plain code (support/float64Decoder.ts),
// on small random fp32 models. Errors are the largest difference over the largest magnitude: float32 gives
// about 1e-6, a wrong slot or position 0.1 to 1.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SequenceCache } from '../src/cache/index.ts';
import { Random } from '../src/core/index.ts';
import {
  largestError,
  ReferenceText,
  type ReferenceWeights,
} from '../src/engine/fake/float64Decoder.testing.ts';
import { createOrtEngine, type Engine } from '../src/engine/index.ts';
import { Batch } from '../src/generation/batch.ts';
import { type ModelConfig, openPacked, packModel } from '../src/model/index.ts';
import { type TinyModelOptions, writeTinyModel } from '../src/model/tinyModel.testing.ts';
import {
  type Asks,
  type CacheOptions,
  findPolicy,
  type Policy,
  type PolicyDefinition,
  planCache,
  policies,
  policyNames,
  type Variant,
} from '../src/policies/index.ts';

interface Loaded {
  readonly engine: Engine;
  readonly weights: ReferenceWeights;
}

// with a base of 500 it keeps the first frequency, blends two and stretches the rest
const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 32,
};
const random = new Random(7);
const ids = Int32Array.from({ length: 120 }, () => Math.floor(random.next() * 96));
const ones = (count: number) => Array<number>(count).fill(1);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const engines: Engine[] = [];
let folder = '';
let tiny: Loaded;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-reference-'));
  tiny = await load({});
});

afterAll(async () => {
  for (const engine of engines) await engine.dispose();
  await rm(folder, { recursive: true });
});

describe('a step equals the float64 reference in logits, new keys and values, and mass', () => {
  it.each<[string, CacheOptions, number[]]>([
    ['in a prefill of several tokens', { budget: 64 }, [40]],
    ['in decode under treekv after evictions', { budget: 16, sinks: 2, recent: 4 }, [16, ...ones(40)]],
    ['in decode under h2o', { policy: 'h2o', budget: 16, sinks: 2, recent: 4 }, [16, ...ones(40)]],
    ['in decode under tova', { policy: 'tova', budget: 16, sinks: 2, recent: 4 }, [16, ...ones(40)]],
    ['in decode under streaming-llm', { policy: 'streaming-llm', budget: 16 }, [16, ...ones(40)]],
    ['when a step evicts old and new entries', { policy: 'random', budget: 12, recent: 2 }, [7, 9, 1, 14, 5]],
    ['with absolute positions', { policy: 'h2o', budget: 12, positions: 'absolute' }, [12, 3, ...ones(20)]],
    ['when nobody asks for mass', { policy: 'full' }, [30, 1, 1, 5]],
  ])('%s', async (_, options, chunks) => {
    expect(await errorAgainstReference(tiny, options, chunks)).toBeLessThan(1e-5);
  });

  it.each<[string, TinyModelOptions]>([
    ['an output head of its own', { tied: false }],
    ['one KV head', { kvHeads: 1 }],
    ['a KV head for each query head', { kvHeads: 4 }],
    ['heads that do not add up to the hidden size', { headDim: 24, intermediateSize: 88, layers: 3 }],
    ['another rotary base', { ropeTheta: 160000 }],
    ['biases of queries, keys and values', { architecture: 'qwen2' }],
    ['norms of query and key heads', { architecture: 'qwen3', headDim: 24 }],
    ['scaled rotary frequencies', { ropeTheta: 500, config: { rope_scaling: llama3 } }],
    ['a sliding window that it does not leave', { architecture: 'mistral', config: { sliding_window: 19 } }],
  ])('in a model with %s', async (_, options) => {
    const error = errorAgainstReference(await load(options), { budget: 16, recent: 4 }, [16, 1, 1, 3, 1, 1]);
    expect(await error).toBeLessThan(1e-5);
  });

  it('in a model whose rotary frequencies are divided by factors, as GGUF files have them', async () => {
    const ropeScaling = { kind: 'factors', factors: [1, 1, 1, 1.5, 2, 4, 8, 8] } as const;
    const loaded = await load({}, { ropeScaling });
    const error = errorAgainstReference(loaded, { budget: 16, recent: 4 }, [16, 1, 1, 3, 1, 1]);
    expect(await error).toBeLessThan(1e-5);
  });
});

describe('a text gives the same', () => {
  it('in chunks of 16, 9, 1, 7, 1, 1 and 5 tokens as in one pass of 40', async () => {
    const expected = await likelihoods({ policy: 'full' }, [40]);
    const actual = await likelihoods({ policy: 'full' }, [16, 9, 1, 7, 1, 1, 5]);
    expect(largestError(actual, expected)).toBeLessThan(1e-5);
  });

  it.each(roomy())(
    'under $policy, variant $variant, with room for all of it as under full',
    async (options) => {
      const chunks = [20, ...ones(20)];
      const expected = await likelihoods({ policy: 'full' }, chunks);
      expect(largestError(await likelihoods(options, chunks), expected)).toBeLessThan(1e-5);
    },
  );

  it('in a batch as alone, whatever the lengths and policies of the others, and when one leaves', async () => {
    const rows: CacheOptions[] = [
      { policy: 'treekv', budget: 16, sinks: 2, recent: 4 },
      { policy: 'full' },
      { policy: 'tova', budget: 12, sinks: 2, recent: 2 },
    ];
    const together = [row(0, 16, 3, ...ones(12)), row(1, 9, 1, ...ones(12)), row(2, 5, 2, ...ones(12))];
    const later = [row(2, 6, 1, 1), row(1, 4, 1, 1)];
    const batch = await batchOf(rows);
    const parts = await readOn(batch, ...together);
    batch.remove(0);
    const [third, second] = await readOn(batch, ...later);
    for (const [text, more] of [[], second, third].entries()) {
      const lengths = [...together, ...later]
        .filter((part) => part.text === text)
        .flatMap((part) => part.lengths);
      const [alone] = await readOn(await batchOf([rows[text]]), row(text, ...lengths));
      expect(largestError([...parts[text], ...more], alone)).toBeLessThan(1e-5);
    }
  });

  it('in a row that another text has left as in a new one', async () => {
    const options = { budget: 16, sinks: 2, recent: 4 };
    const batch = await batchOf([options, options]);
    await readOn(batch, row(0, 16, 1), row(1, 16, 1));
    batch.remove(0);
    batch.add(await cacheOf(options, tiny.engine));
    const [, joined] = await readOn(batch, row(1, 1, 1), row(2, 5, 1));
    const [alone] = await readOn(await batchOf([options]), row(2, 5, 1));
    expect(largestError(joined, alone)).toBeLessThan(1e-5);
  });
});

/** Every policy but `full`, in every variant that it has, with a budget of 40. */
function roomy(): { policy: string; variant: Variant; budget: number }[] {
  const variants: Variant[] = ['paper', 'official'];
  const all = policyNames.flatMap((policy) => variants.map((variant) => ({ policy, variant, budget: 40 })));
  return all.filter((options) => {
    try {
      return policies.get(options.policy)?.plan(options) !== undefined;
    } catch {
      return false; // `full` takes no budget, and not every policy has an official variant
    }
  });
}

/** @param own what the config is to say beside what a Hugging Face config can. */
async function load(options: TinyModelOptions, own: Partial<ModelConfig> = {}): Promise<Loaded> {
  const { folder: made, weights } = await writeTinyModel(join(folder, String(engines.length)), options);
  await packModel(made, 'fp32', join(made, 'packed.safetensors'));
  const packed = await openPacked(join(made, 'packed.safetensors'));
  const engine = await createOrtEngine({ ...packed, config: { ...packed.config, ...own } }, { threads: 1 });
  engines.push(engine);
  return { engine, weights };
}

/** @param masses receives per layer the mass that the policy saw last. */
async function cacheOf(options: CacheOptions, engine: Engine, masses: Float32Array[] = []) {
  const plan = await planCache(options);
  const definition = await findPolicy(plan.policy);
  const watched: PolicyDefinition = {
    ...definition,
    create(own, shape) {
      const policy = definition.create(own, shape);
      const step: Policy['step'] = (view, evicted) => {
        masses[shape.layer] = view.mass.slice();
        policy.step(view, evicted);
      };
      return { ...policy, step };
    },
  };
  return new SequenceCache(plan, watched, { layers: engine.config.layers, heads: engine.config.kvHeads });
}

async function batchOf(rows: readonly CacheOptions[]): Promise<Batch> {
  const batch = new Batch(tiny.engine, rows.length);
  for (const options of rows) batch.add(await cacheOf(options, tiny.engine));
  return batch;
}

/** A row that reads its text, texts being 40 tokens apart, in chunks of these lengths. */
function row(text: number, ...lengths: number[]): { readonly text: number; readonly lengths: number[] } {
  return { text, lengths };
}

/** Reads on in every row; per row the logits [steps, V] that came out. */
async function readOn(batch: Batch, ...rows: ReturnType<typeof row>[]): Promise<number[][]> {
  const logits: number[][] = rows.map(() => []);
  for (const step of rows[0].lengths.keys()) {
    const inputs = rows.map(({ text, lengths }, i) => {
      const from = 40 * text + batch.sequences[i].seen;
      return { ids: ids.subarray(from, from + lengths[step]) };
    });
    const output = await batch.step(inputs);
    for (const [i, values] of output.logits.entries()) logits[i].push(...(values ?? []));
  }
  return logits;
}

/** The negative log-likelihoods of the tokens that follow those read. */
async function likelihoods(options: CacheOptions, chunks: readonly number[]): Promise<number[]> {
  const batch = await batchOf([options]);
  const all: number[] = [];
  for (const length of chunks) {
    const [from, to] = [all.length, all.length + length];
    const { nll } = await batch.step([
      { ids: ids.subarray(from, to), targets: ids.subarray(from + 1, to + 1) },
    ]);
    all.push(...(nll[0] ?? []));
  }
  return all;
}

/** Reads a text under a policy, and in the reference: the largest error of logits, keys, values and mass. */
async function errorAgainstReference(loaded: Loaded, options: CacheOptions, chunks: number[]) {
  const { config } = loaded.engine;
  // [layers] of [kvHeads, entries] mass by rank, as the policy saw it
  const masses: Float32Array[] = [];
  const cache = await cacheOf(options, loaded.engine, masses);
  const batch = new Batch(loaded.engine, 1);
  batch.add(cache);
  const text = new ReferenceText(config, loaded.weights);
  let worst = 0;
  for (const added of chunks) {
    const read = ids.subarray(cache.seen, cache.seen + added);
    const expected = text.read(read, kept(cache), cache.plan.positions === 'absolute');
    const output = await batch.step([{ ids: read }]);
    worst = Math.max(worst, largestError(output.logits[0], expected.logits[added - 1]));
    for (const [l, tokens] of kept(cache).entries()) {
      const { order, policy } = cache.layers[l];
      const { keys, values } = await batch.store.read(0, l);
      const entries = tokens.map((of, head) => of.map((token) => text.entry(l, head, token)));
      const at = tokens.flatMap((of, head) =>
        of.map((_, rank) => head * order.capacity + order.order[head * order.stride + rank]),
      );
      const pick = (from: Float32Array) =>
        at.flatMap((slot) => Array.from(from.subarray(slot * config.headDim, (slot + 1) * config.headDim)));
      const wanted = (part: 'key' | 'value') => entries.flat().flatMap((entry) => Array.from(entry[part]));
      worst = Math.max(worst, largestError(pick(keys), wanted('key')));
      worst = Math.max(worst, largestError(pick(values), wanted('value')));
      const mass = meanOverGroups(expected.probabilities[l], config.kvHeads, policy.asks);
      worst = Math.max(worst, largestError(masses[l], mass));
    }
  }
  batch.dispose();
  return worst;
}

/** [layers][kvHeads] the tokens kept. */
function kept({ layers }: SequenceCache): number[][][] {
  return layers.map(({ order: { heads, tokens, stride, count } }) =>
    upTo(heads).map((head) => Array.from(tokens.subarray(head * stride, head * stride + count))),
  );
}

/** [kvHeads * entries] mass from probabilities [queryHeads][T][entries]. */
function meanOverGroups(probabilities: readonly (readonly Float64Array[])[], kvHeads: number, asks: Asks) {
  if (asks === 'none') return [];
  const group = probabilities.length / kvHeads;
  return upTo(kvHeads).flatMap((head) => {
    const ofGroup = probabilities.slice(head * group, (head + 1) * group);
    const queries = ofGroup.flatMap((rows) => (asks === 'last' ? rows.slice(-1) : rows));
    return Array.from(queries[0], (_, i) => queries.reduce((sum, row) => sum + row[i], 0) / group);
  });
}
