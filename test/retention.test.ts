// What policies keep and lose while a small random model reads: attention loss against a float64 decoder and plain
// loops, traces against caches that nobody watched, results that resume and that replay without the model.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SequenceCache } from '../src/cache/index.ts';
import { Random } from '../src/core/index.ts';
import {
  type ReferenceStep,
  ReferenceText,
  type ReferenceWeights,
} from '../src/engine/fake/float64Decoder.testing.ts';
import { createOrtEngine, type Engine } from '../src/engine/index.ts';
import {
  decodeTraces,
  evaluateRetention,
  type KeptTokens,
  type NamedPlan,
  planPolicies,
  type RetentionRequest,
  type RetentionResult,
  recordRetention,
  replayRetention,
  replayTrace,
  retentionPlots,
  retentionTable,
  traceFileOf,
} from '../src/evaluation/index.ts';
import { Batch, type LocalModel, loadLocalModel } from '../src/generation/index.ts';
import { openPacked, packModel } from '../src/model/index.ts';
import { writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { findPolicy } from '../src/policies/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const module = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const place = useTemporaryCache();

describe('recording', () => {
  const TOKENS = 70;
  const BUDGET = 12;
  const LAYERS = 3;
  const random = new Random(5);
  const ids = Int32Array.from({ length: TOKENS }, () => Math.floor(random.next() * 96));
  let folder = '';
  let engine: Engine;
  let weights: ReferenceWeights;
  let attention: ReferenceStep['probabilities'];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'treekv-retention-'));
    ({ weights } = await writeTinyModel(folder, { layers: LAYERS }));
    await packModel(folder, 'fp32', join(folder, 'packed.safetensors'));
    engine = await createOrtEngine(await openPacked(join(folder, 'packed.safetensors')), { threads: 1 });
    const nothing = Array.from({ length: LAYERS }, () => [[], []]);
    attention = new ReferenceText(engine.config, weights).read(ids, nothing, true).probabilities;
  });

  afterAll(async () => {
    await engine.dispose();
    await rm(folder, { recursive: true });
  });

  const specs = ['treekv', 'treekv:keep-left', 'h2o', 'tova:official', 'streaming-llm', 'random', module];

  describe.each([1, 5])('in chunks of %i', (chunk) => {
    /** What a cache that nobody watches holds before each step, and at the end. */
    async function heldAlone({ plan }: NamedPlan) {
      const cache = new SequenceCache(plan, await findPolicy(plan.policy), { layers: LAYERS, heads: 2 });
      const batch = new Batch(engine, 1);
      batch.add(cache);
      const steps: { from: number; to: number; held: KeptTokens['layers'] }[] = [];
      for (let from = 0, to = BUDGET; from < TOKENS; from = to, to = Math.min(TOKENS, from + chunk)) {
        steps.push({ from, to, held: cache.layers.map(({ order }) => order.state().tokens) });
        await batch.step([{ ids: ids.subarray(from, to), silent: true }]);
      }
      batch.dispose();
      return { steps, end: cache.layers.map(({ order }) => order.state().tokens) };
    }

    it.each(specs)(
      '%s: the loss is the mass of full attention on what the step could not see',
      async (spec) => {
        const [policy] = await planPolicies([spec], { budget: BUDGET, ...split(spec) });
        const [{ loss, trace }] = await recordRetention(engine, {
          ids,
          policies: [policy],
          chunk,
          loss: true,
        });
        const { steps, end } = await heldAlone(policy);
        expect(replayTrace(trace).layers).toEqual(end);
        expect(loss?.queries).toBe(TOKENS - BUDGET - chunk);
        for (let layer = 0; layer < LAYERS; layer++) {
          let lost = 0;
          for (const { from, to, held } of steps) {
            for (let head = 0; head < 4; head++) {
              const perHead = held[layer].length / 2;
              const kvHead = Math.floor(head / 2);
              const row = new Set(held[layer].subarray(kvHead * perHead, (kvHead + 1) * perHead));
              for (let query = from; query < to; query++) {
                for (let token = 0; token < from; token++) {
                  if (!row.has(token)) lost += attention[layer][head][query][token];
                }
              }
            }
          }
          const expected = lost / (4 * (TOKENS - BUDGET - chunk));
          expect(expected).toBeGreaterThan(0.01);
          expect(Math.abs((loss?.layers[layer] ?? Number.NaN) / expected - 1)).toBeLessThan(1e-5);
        }
      },
    );

    it('policies beside each other decide as each does alone', async () => {
      const policies = await planPolicies([...specs, 'full'], { budget: BUDGET, sinks: 1, recent: 2 });
      const together = await recordRetention(engine, { ids, policies, chunk, loss: true });
      for (const [i, policy] of policies.entries()) {
        const [alone] = await recordRetention(engine, { ids, policies: [policy], chunk });
        expect(together[i].trace).toEqual(alone.trace);
        expect(alone.loss).toBeNull();
      }
      expect(together.at(-1)?.loss).toEqual({ queries: 0, layers: [0, 0, 0] });
    });
  });

  it('other budgets beside it and the shadow change neither what a policy keeps nor what it loses', async () => {
    const chunk = 16;
    const plans = await Promise.all(
      [12, 20].map((budget) => planPolicies(['treekv', 'h2o', 'tova'], { budget, sinks: 1, recent: 2 })),
    );
    const policies = [...plans.flat(), ...(await planPolicies(['full'], {}))];
    const together = await recordRetention(engine, { ids, policies, chunk, loss: true });
    for (const [i, policy] of policies.entries()) {
      const [alone] = await recordRetention(engine, { ids, policies: [policy], chunk, loss: true });
      expect(together[i].trace).toEqual(alone.trace);
      expect(together[i].loss?.queries).toBe(alone.loss?.queries);
      for (const [l, share] of (alone.loss?.layers ?? []).entries()) {
        expect(together[i].loss?.layers[l]).toBeCloseTo(share, 6);
      }
    }
  });

  /** Nothing protected, but by the module, which always keeps the last entry. */
  function split(spec: string) {
    return spec === module ? { sinks: 1, recent: 1 } : { sinks: 0, recent: 0 };
  }
});

describe('a measurement', () => {
  const story = 'Of two neighbours the weaker leaves, and each pass halves what a stretch of text has kept. ';
  const documents = ['a', 'b', 'c'].map((name, i) => ({ name, text: story.slice(i * 7).repeat(3) }));
  let model: LocalModel;
  let request: RetentionRequest;

  beforeAll(async () => {
    model = await loadLocalModel(await writeTinyFolder(join(place.folder, 'model')), { dtype: 'fp32' });
    const specs = ['h2o', 'tova', 'treekv', 'treekv:keep-left', module];
    const policies = await planPolicies(specs, { budget: 16, sinks: 0, recent: 0 });
    request = { documents, policies, tokens: 64, view: { layer: null, tree: { layer: 1, head: 0 } } };
  });

  afterAll(() => model.engine.dispose());

  const measured = ({ seconds, peakRssBytes, ...rest }: RetentionResult) => rest;

  it('aborted in the middle and resumed, it is what an unbroken one is', async () => {
    const whole = await evaluateRetention(model, request, { output: join(place.folder, 'whole') });
    const output = join(place.folder, 'broken');
    for (const stopAt of [30, 100]) {
      const abort = new AbortController();
      const broken = evaluateRetention(model, request, {
        output,
        resume: true,
        signal: abort.signal,
        onProgress: ({ done }) => done >= stopAt && abort.abort(),
      });
      await expect(broken).rejects.toMatchObject({ code: 'ABORTED' });
    }
    const saved = JSON.parse(await readFile(`${output}.json`, 'utf8')) as RetentionResult;
    expect(saved.units.map(({ text }) => text)).toEqual(Array(5).fill('a'));
    const resumed = await evaluateRetention(model, request, { output, resume: true });
    expect(measured(resumed)).toEqual(measured(whole));
    const [first, ...others] = ['a', 'b', 'c'].map((name) => whole.units.filter(({ text }) => text === name));
    for (const { trace } of first) expect(trace).not.toBeNull();
    for (const { trace } of others.flat()) expect(trace).toBeNull();
  });

  it('its file alone redraws the tables and the pictures, and its trace those of what is kept', async () => {
    const result = await evaluateRetention(model, request, { output: join(place.folder, 'drawn') });
    const file = JSON.parse(await readFile(join(place.folder, 'drawn.json'), 'utf8')) as RetentionResult;
    expect(retentionTable(file)).toBe(retentionTable(result));
    expect(retentionPlots(file)).toEqual(retentionPlots(result));
    expect(Object.keys(retentionPlots(file))).toEqual(['', 'time', 'tree']);

    const replayed = await replayRetention(traceFileOf(result), 'a.trace');
    expect(retentionPlots(replayed)).toEqual(retentionPlots(result));
    const ofFirst = result.units.filter(({ text }) => text === 'a');
    expect(replayed.units).toEqual(ofFirst.map((unit) => ({ ...unit, loss: null })));
    expect(replayed).toMatchObject({ model: result.model, complete: true });
    expect(retentionTable(replayed)).not.toContain('Attention loss');
  });

  it('a replay can look at another layer and head, if they exist', async () => {
    const { traces } = decodeTraces(traceFileOf(await evaluateRetention(model, request)), 'a.trace');
    expect(traces.map(({ layers }) => layers.map(({ kind }) => kind))).toEqual(
      ['place', 'place', 'scope', 'none', 'place'].map((kind) => [kind, kind]),
    );
    const bytes = traceFileOf(await evaluateRetention(model, { ...request, loss: false }));
    const view = { layer: 1, tree: null };
    const direct = await evaluateRetention(model, {
      ...request,
      documents: [documents[0]],
      loss: false,
      view,
    });
    const replayed = await replayRetention(bytes, 'a.trace', { view });
    expect(replayed.units).toEqual(direct.units);
    expect(replayed.protocol).toEqual(direct.protocol);
    await expect(replayRetention(bytes, 'a.trace', { view: { layer: 2 } })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('from 0 to 1, not 2'),
    });
  });

  it('a text that spells BOS out, first or last, is read and described as any other', async () => {
    const own = { ...request, loss: false };
    const plain = await evaluateRetention(model, own);
    for (const spelled of documents.keys()) {
      const texts = documents.map(({ name, text }, d) => ({
        name,
        text: d === spelled ? `<bos>${text}` : text,
      }));
      const { units, protocol } = await evaluateRetention(model, { ...own, documents: texts });
      expect(units).toEqual(plain.units);
      expect(protocol.bos).toBe('one in front of each text');
    }
  });

  it('says how TreeKV thins: a half, a quarter, and so on by age', async () => {
    const { summary } = await evaluateRetention(model, request);
    const ages = Object.fromEntries(summary.policies.map(({ policy, ages: shares }) => [policy, shares]));
    for (const policy of ['treekv', 'treekv:keep-left'])
      expect(ages[policy].slice(0, 2)).toEqual([0.5, 0.25]);
    expect(ages.h2o[0]).not.toBe(0.5);
    expect(retentionTable(await evaluateRetention(model, request))).toContain('| halving with each pass |');
  });

  it('the table ends with what was measured', async () => {
    const chunked = { ...request, chunk: 8, loss: false };
    const [, part] = retentionTable(await evaluateRetention(model, chunked)).split('\nHow it was measured\n');
    expect(part).toContain('- model: model, trained to 512 tokens, weights fp32, softmax float32\n');
    expect(part).toContain('- texts: a, b, c\n');
    expect(part).toMatch(/- BOS: .+\n- chunk: 8 \(/);
    expect(part).toMatch(
      /- treekv: keeps 16 = 0 sinks \+ 0 recent \+ 16 selected; 24 entries visible at most/,
    );
    expect(part).toContain('over texts, 10,000 samples, seed 0');
  });

  it('of quantised weights the table says that policies should be compared in fp32', async () => {
    const result = await evaluateRetention(model, { ...request, loss: false });
    expect(retentionTable(result)).not.toContain('should be fp32');
    const quantised = { ...result, model: { ...result.model, dtype: 'q8' } };
    expect(retentionTable(quantised)).toMatch(/Note: the weights are q8\..*should be fp32.*$/);
  });

  const twice = ['a', 'b'].map((name) => ({ name, text: story }));
  const namedTwice = documents.map(({ text }) => ({ name: 'a', text }));

  it.each<[string, Partial<RetentionRequest>, RegExp]>([
    [
      'a text that is too short',
      { tokens: 600, loss: false, view: undefined },
      /a has 2\d\d tokens; 600 are to be read/,
    ],
    [
      'more tokens than full attention was trained on',
      { tokens: 513, view: undefined },
      /513 tokens, .* trained on 512.*--no-loss/,
    ],
    ['a tree too large to see', { tokens: 65 }, /A tree of 65 tokens .* at most 64/],
    [
      'a head that is none',
      { view: { layer: null, tree: { layer: 0, head: 2 } } },
      /'head' .* from 0 to 1, not 2/,
    ],
    ['no policy', { policies: [] }, /There is no policy/],
    ['no text', { documents: [] }, /There is no document/],
    ['a text that comes twice', { documents: twice }, /b is the same text as a/],
    ['a name that comes twice', { documents: namedTwice }, /'a' is named twice/],
  ])('%s is BAD_OPTION, with the numbers', async (_, change, message) => {
    await expect(evaluateRetention(model, { ...request, ...change })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringMatching(message),
    });
  });

  it('another text or budget under the same output is refused by name', async () => {
    const output = join(place.folder, 'other');
    await evaluateRetention(model, request, { output });
    const other = {
      ...request,
      policies: await planPolicies(['treekv'], { budget: 8, sinks: 0, recent: 0 }),
    };
    await expect(evaluateRetention(model, other, { output, resume: true })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('protocol.policies'),
    });
  });
});
