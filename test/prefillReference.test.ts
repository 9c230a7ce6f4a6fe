// Prefill with full attention against a float64 decoder in plain code, on a small random fp32 model: the mass
// that is collected, the entries that stay, and what decoding from them gives. Errors are the largest difference
// over the largest magnitude: float32 gives about 1e-6.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SequenceCache } from '../src/cache/index.ts';
import { Random } from '../src/core/index.ts';
import {
  largestError,
  type ReferenceStep,
  ReferenceText,
  type ReferenceWeights,
} from '../src/engine/fake/float64Decoder.testing.ts';
import { createOrtEngine, type Engine, type KvStore } from '../src/engine/index.ts';
import { compressPrompt } from '../src/generation/compressPrompt.ts';
import type { HeldSequence } from '../src/generation/heldSequence.ts';
import { type PromptReading, readPrompt } from '../src/generation/readPrompt.ts';
import { openPacked, packModel } from '../src/model/index.ts';
import { writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { type CacheOptions, findPolicy, planCache } from '../src/policies/index.ts';
import {
  compressLayer,
  type FullPrefillPlan,
  layerBudgets,
  type PrefillOptions,
  planPrefill,
  scoredQueries,
} from '../src/prefill/index.ts';

const PROMPT = 90;
const BUDGET = 24;
const split = { budget: BUDGET, sinks: 2, recent: 6 };
const observed = { mode: 'full', window: 5, kernel: 3 } as const;
const forms: readonly [string, PrefillOptions, CacheOptions][] = [
  ['treekv', { mode: 'full', block: 4 }, split],
  ['treekv token by token', { mode: 'full', block: 1 }, { ...split, rule: 'printed' }],
  ['treekv with absolute positions', { mode: 'full', block: 3 }, { ...split, positions: 'absolute' }],
  ['snapkv', { ...observed, method: 'snapkv' }, { policy: 'h2o', ...split }],
  ['snapkv, average', { ...observed, method: 'snapkv', pooling: 'avg' }, split],
  ['pyramidkv', { ...observed, method: 'pyramidkv' }, { policy: 'h2o', ...split, positions: 'absolute' }],
  ['h2o', { mode: 'full' }, { policy: 'h2o', ...split }],
  ['h2o official', { mode: 'full' }, { policy: 'h2o', variant: 'official', budget: BUDGET }],
  ['tova', { mode: 'full' }, { policy: 'tova', ...split }],
  ['tova official', { mode: 'full' }, { policy: 'tova', variant: 'official', budget: BUDGET }],
  ['streaming-llm', { mode: 'full' }, { policy: 'streaming-llm', ...split }],
];

const random = new Random(11);
const ids = Int32Array.from({ length: 200 }, () => Math.floor(random.next() * 96));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
let folder = '';
let engine: Engine;
let weights: ReferenceWeights;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'treekv-prefill-'));
  const made = await writeTinyModel(folder, { layers: 3 });
  weights = made.weights;
  await packModel(folder, 'fp32', join(folder, 'packed.safetensors'));
  engine = await createOrtEngine(await openPacked(join(folder, 'packed.safetensors')), { threads: 1 });
});

afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

describe('the mass of the last queries equals the reference', () => {
  it.each([[[1]], [[8]], [[40]], [[PROMPT]], [[1, 5, 8, 40, PROMPT]]])(
    'for windows of %j',
    async (windows) => {
      const { plan } = await decided(...(forms[0].slice(1) as [PrefillOptions, CacheOptions]));
      const reading = await readPrompt(engine, ids.subarray(0, PROMPT), undefined, { plan, windows });
      const { step } = reference();
      for (const layer of upTo(3)) {
        for (const window of windows) {
          const expected = massOf(step, layer, window);
          expect(largestError(reading.mass.of(layer, window), expected)).toBeLessThan(1e-5);
        }
      }
      reading.batch.dispose();
    },
  );

  it('and the logits after the prompt too', async () => {
    const { plan } = await decided({ mode: 'full' }, split);
    const reading = await readPrompt(engine, ids.subarray(0, PROMPT), undefined, {
      ...{ plan, windows: [8], wanted: true },
    });
    expect(largestError(reading.logits, reference().step.logits[PROMPT - 1])).toBeLessThan(1e-5);
    reading.batch.dispose();
  });
});

describe('queries that nobody scores cost no score rows', () => {
  it.each<[string, PrefillOptions, CacheOptions, number]>([
    ['treekv asks its last block', { mode: 'full', block: 4 }, split, 4],
    ['snapkv asks its window', { ...observed, method: 'snapkv' }, split, 5],
    ['tova asks the last query', { mode: 'full' }, { policy: 'tova', ...split }, 1],
    ['h2o asks all', { mode: 'full' }, { policy: 'h2o', ...split }, PROMPT],
    ['streaming-llm asks none', { mode: 'full' }, { policy: 'streaming-llm', ...split }, 0],
    ['a forced choice of treekv asks none', { mode: 'full' }, { ...split, choice: 'keep-left' }, 0],
  ])('%s', async (_, options, cache, asked) => {
    const steps: { tokens: number; scoreRows: number[] }[] = [];
    const { plan, prefill } = await decided(options, cache);
    const windows = [scoredQueries(prefill, PROMPT)];
    const reading = await readPrompt(watched(steps), ids.subarray(0, PROMPT), undefined, { plan, windows });
    const tokens = (rows: number) =>
      steps
        .filter(({ scoreRows }) => scoreRows.every((own) => own === rows))
        .reduce((sum, step) => sum + step.tokens, 0);
    expect([tokens(1), tokens(0)]).toEqual([asked, PROMPT - asked]);
    reading.batch.dispose();
  });
});

describe.each(forms)('%s', (_, options, cache) => {
  it('keeps what the method chooses from the mass of the reference', async () => {
    const { held, prefill } = await prefilled(options, cache);
    expect(keptTokens(held.cache)).toEqual(chosen(prefill, reference().step, upTo(PROMPT)));
    held.batch.dispose();
  });

  it('then decodes as a reference that holds exactly those entries', async () => {
    const { held } = await prefilled(options, cache);
    const { text } = reference();
    expect(await worstLogits(held, text, BUDGET + 10)).toBeLessThan(1e-5);
    held.batch.dispose();
  });

  it('reads a second prompt over all that it holds, and chooses among all of it', async () => {
    const { held, plan, prefill } = await prefilled(options, cache);
    const { text } = reference();
    await worstLogits(held, text, 7);
    const before = keptTokens(held.cache);
    const second = ids.subarray(held.cache.seen, held.cache.seen + 40);
    const reading = await readPrompt(engine, second, held, {
      ...{ plan, windows: [scoredQueries(prefill, 40)] },
    });
    expect(keptTokens(held.cache)).toEqual(before);
    const first = held.cache.seen;
    const again = await compressed(reading, prefill, plan);
    // The reference has one position per token in all layers; a pyramid has it only where it is absolute.
    const step = text.read(second, before, plan.positions === 'absolute');
    const places = before.map((heads) => heads.map((row) => [...row, ...upTo(40).map((t) => first + t)]));
    expect(keptTokens(again.cache)).toEqual(chosen(prefill, step, places, 40));
    expect(await worstLogits(again, text, 12)).toBeLessThan(1e-5);
    for (const { batch } of [held, reading, again]) batch.dispose();
  });
});

it('PyramidKV keeps fewer entries in later layers, and goes on so in decoding', async () => {
  const { held } = await prefilled(...(forms[5].slice(1) as [PrefillOptions, CacheOptions]));
  const counts = () => held.cache.layers.map(({ order }) => order.count);
  const before = counts();
  expect(before[0]).toBeGreaterThan(before[1]);
  expect(before[1]).toBeGreaterThan(before[2]);
  expect(before.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(3 * BUDGET);
  await worstLogits(held, reference().text, 10);
  expect(counts()).toEqual(before);
  held.batch.dispose();
});

it('a prompt that fits the budget stays as it was read', async () => {
  const roomy = { budget: PROMPT, sinks: 2, recent: 6 };
  const { plan, prefill } = await decided({ mode: 'full', block: 4 }, roomy);
  const reading = await readPrompt(engine, ids.subarray(0, PROMPT), undefined, { plan, windows: [4] });
  const held = await compressed(reading, prefill, plan);
  expect(keptTokens(held.cache)).toEqual(keptTokens(reading.cache));
  for (const layer of upTo(3)) {
    expect(await entriesOf(held, layer)).toEqual(await entriesOf(reading, layer));
  }
  const next = [{ ids: ids.subarray(PROMPT, PROMPT + 1) }];
  const expected = (await reading.batch.step(next)).logits[0] ?? [];
  expect(largestError((await held.batch.step(next)).logits[0], expected)).toBeLessThan(1e-6);
});

async function decided(options: PrefillOptions, cache: CacheOptions) {
  const plan = await planCache(cache);
  const prefill = planPrefill(options, plan);
  if (prefill.mode !== 'full') throw new Error('no compression');
  return { plan, prefill };
}

async function compressed(
  reading: PromptReading,
  prefill: FullPrefillPlan,
  plan: Awaited<ReturnType<typeof planCache>>,
) {
  return compressPrompt(engine, reading, prefill, plan, await findPolicy(plan.policy));
}

async function prefilled(options: PrefillOptions, cache: CacheOptions) {
  const { plan, prefill } = await decided(options, cache);
  const windows = [scoredQueries(prefill, PROMPT)];
  const reading = await readPrompt(engine, ids.subarray(0, PROMPT), undefined, { plan, windows });
  const held = await compressed(reading, prefill, plan);
  reading.batch.dispose();
  return { held, plan, prefill };
}

/** A reference that has read the prompt. */
function reference(): { text: ReferenceText; step: ReferenceStep } {
  const text = new ReferenceText(engine.config, weights);
  const nothing = upTo(3).map(() => upTo(engine.config.kvHeads).map(() => []));
  return { text, step: text.read(ids.subarray(0, PROMPT), nothing, false) };
}

/** [kvHeads * entries] mass of a step's last queries: mean over the group, summed. */
function massOf({ probabilities }: ReferenceStep, layer: number, window: number): Float64Array {
  if (window === 0) return new Float64Array(0);
  const { kvHeads, queryHeads } = engine.config;
  const group = queryHeads / kvHeads;
  const rows = upTo(kvHeads).map((head) => {
    const queries = upTo(group).flatMap((i) => probabilities[layer][head * group + i].slice(-window));
    return Array.from(queries[0], (_, i) => queries.reduce((sum, row) => sum + row[i], 0) / group);
  });
  return Float64Array.from(rows.flat());
}

/** [layers][kvHeads] the tokens that a method keeps of a step's. @param tokens of each rank, if heads differ. */
function chosen(
  plan: FullPrefillPlan,
  step: ReferenceStep,
  tokens: readonly number[] | readonly (readonly (readonly number[])[])[],
  queries = PROMPT,
): number[][][] {
  const { kvHeads } = engine.config;
  const lengths = step.probabilities.map((heads) => heads[0][0].length);
  const budgets = layerBudgets(plan, 3, Math.max(...lengths));
  return lengths.map((length, layer) => {
    const asked = scoredQueries(plan, queries);
    const view = { heads: kvHeads, length, queries: asked, mass: massOf(step, layer, asked) };
    const { kept } = compressLayer(plan, view, budgets[layer]);
    const perHead = kept.length / kvHeads;
    return upTo(kvHeads).map((head) =>
      Array.from(kept.subarray(head * perHead, (head + 1) * perHead), (place) => {
        const row = tokens[layer];
        return typeof row === 'number' ? place : row[head][place];
      }),
    );
  });
}

/** [layers][kvHeads] the tokens kept. */
function keptTokens({ layers }: SequenceCache): number[][][] {
  return layers.map(({ order: { heads, tokens, stride, count } }) =>
    upTo(heads).map((head) => Array.from(tokens.subarray(head * stride, head * stride + count))),
  );
}

/** Decodes on; the largest error of the logits. */
async function worstLogits(held: HeldSequence, text: ReferenceText, steps: number): Promise<number> {
  const { batch, cache } = held;
  let worst = 0;
  for (let step = 0; step < steps; step++) {
    const next = ids.subarray(cache.seen, cache.seen + 1);
    const expected = text.read(next, keptTokens(cache), cache.plan.positions === 'absolute');
    const { logits } = await batch.step([{ ids: next }]);
    worst = Math.max(worst, largestError(logits[0], expected.logits[0]));
  }
  return worst;
}

/** Keys and values in token order. */
async function entriesOf({ batch, cache }: HeldSequence, layer: number): Promise<number[]> {
  const { order } = cache.layers[layer];
  const { keys, values } = await batch.store.read(0, layer);
  const { headDim } = engine.config;
  return [keys, values].flatMap((from) =>
    upTo(order.heads).flatMap((head) =>
      upTo(order.count).flatMap((rank) => {
        const slot = head * order.capacity + order.order[head * order.stride + rank];
        return Array.from(from.subarray(slot * headDim, (slot + 1) * headDim));
      }),
    ),
  );
}

/** The engine, with a note of what every step was asked. */
function watched(steps: { tokens: number; scoreRows: number[] }[]): Engine {
  return {
    config: engine.config,
    capabilities: engine.capabilities,
    dispose: () => engine.dispose(),
    open(rows, capacity) {
      const store = engine.open(rows, capacity);
      const step: KvStore['step'] = (request) => {
        steps.push({ tokens: request.tokens, scoreRows: request.layers.map(({ scoreRows }) => scoreRows) });
        return store.step(request);
      };
      return new Proxy(store, {
        get(target, name) {
          if (name === 'step') return step;
          const value = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
}
