// The endless stream (Figure 4) on a small random model: its numbers against other loops, float64 among them; runs
// that are killed anywhere and come to the same numbers; and positions after
// millions of tokens.
import { copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ReferenceText,
  type ReferenceWeights,
  referenceNll,
} from '../src/engine/fake/float64Decoder.testing.ts';
import {
  evaluateStream,
  planPolicies,
  type StreamRequest,
  type StreamResult,
} from '../src/evaluation/index.ts';
import { StreamReader } from '../src/evaluation/stream/streamReader.ts';
import { type CacheContent, type LocalModel, loadLocalModel, score } from '../src/generation/index.ts';
import { type TinyModel, writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { randomText, writeTinyFolder } from './support/tinyFolder.ts';

const everyKth = join(import.meta.dirname, 'fixtures', 'everyKth.mjs');
const split = { budget: 24, sinks: 2, recent: 6 };
const place = useTemporaryCache();
let folder: string;
let model: LocalModel;
let tiny: TinyModel;

beforeAll(async () => {
  folder = await writeTinyFolder(join(place.folder, 'model'));
  model = await loadLocalModel(folder, { dtype: 'fp32', threads: 1 });
  // the same seed: the weights that the folder holds
  tiny = await writeTinyModel(join(place.folder, 'weights'));
});

afterAll(() => model.engine.dispose());

function documentsOf(...lengths: number[]): StreamRequest['documents'] {
  return lengths.map((length, i) => ({ name: `${i}.txt`, read: async () => randomText(length, i + 1) }));
}

/** BOS and the document's tokens, one after the other. */
async function idsOf(documents: StreamRequest['documents']): Promise<number[]> {
  const ids: number[] = [];
  for (const { read } of documents)
    ids.push(...model.tokenizer.withBos(model.tokenizer.encode(await read())));
  return ids;
}

/** All but what the machine spent. */
function numbersOf({ units, summary }: StreamResult): unknown {
  const { policies, differences } = summary;
  return { units: units.map(({ measured: _, ...numbers }) => numbers), policies, differences };
}

describe('the numbers', () => {
  it('over 50,000 tokens every bucket is the sum that a plain loop comes to', async () => {
    const documents = documentsOf(9000, 31_000, 9_995, 50);
    const policies = await planPolicies(['treekv', 'h2o', 'tova:official'], split);
    const [tokens, bucket, chunk] = [50_000, 3000, 16];
    const result = await evaluateStream(model, { documents, policies, tokens, bucket, chunk });

    const all = Int32Array.from(await idsOf(documents));
    const ids = all.subarray(0, tokens);
    // 0 is BOS
    const targets = all.slice(1, tokens + 1).map((id) => (id === 0 ? -1 : id));
    const rows = policies.map(({ plan }) => ({ ids, targets, plan }));
    const scored = await score(model.engine, rows, { chunk });
    const sums = Array.from({ length: Math.ceil(tokens / bucket) }, () => policies.map(() => 0));
    for (let i = 0; i < tokens; i++) {
      if (targets[i] < 0) continue;
      for (const [p, { nll }] of scored.results.entries()) sums[Math.floor(i / bucket)][p] += nll[i];
    }
    expect(result.units.map((unit) => unit.sums)).toEqual(sums);
    expect(result.units.reduce((count, { scored: own }) => count + own, 0)).toBe(tokens - 3);
    const means = result.summary.policies.map(({ nll }) => nll);
    for (const [p, { nll }] of scored.results.entries()) {
      const own = nll.filter((value) => !Number.isNaN(value));
      expect(means[p]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / own.length, 9);
    }
    expect(JSON.stringify(result).length).toBeLessThan(30_000);
  });

  it('they are those of a float64 decoder that is told what each policy keeps', async () => {
    const documents = documentsOf(50, 40);
    const policies = await planPolicies(['streaming-llm', 'treekv:keep-left', 'full'], split);
    const request = { documents, policies, tokens: 90, bucket: 90 };
    const { units } = await evaluateStream(model, request);

    const all = await idsOf(documents);
    const { budget, sinks, recent } = split;
    const selected = budget - sinks - recent;
    // the place that leaves at the n-th eviction
    const leaves = [() => sinks, (turn: number) => sinks + (turn % selected) + 1, undefined];
    for (const [p, leave] of leaves.entries()) {
      const text = new ReferenceText(tiny.config, tiny.weights as ReferenceWeights);
      let kept: number[] = [];
      let [sum, turn] = [0, 0];
      for (let i = 0; i < 90; i++) {
        const heads = Array.from({ length: tiny.config.kvHeads }, () => kept);
        const { logits } = text.read([all[i]], new Array(tiny.config.layers).fill(heads), false);
        if (all[i + 1] !== 0) sum += referenceNll(logits[0], all[i + 1]);
        kept = [...kept, i];
        if (leave !== undefined && kept.length > budget) kept = kept.toSpliced(leave(turn++), 1);
      }
      expect(units[0].scored).toBe(89);
      expect(units[0].sums[p] / 89).toBeCloseTo(sum / 89, 5);
    }
  });

  it('each policy has the numbers that it has alone, whatever stands beside it', async () => {
    const documents = documentsOf(700);
    const small = await planPolicies(['treekv', 'h2o:official', everyKth], split);
    const [{ plan }] = await planPolicies(['treekv'], { ...split, budget: 40 });
    const policies = [...small, { name: 'treekv of 40', plan }, ...(await planPolicies(['full'], {}))];
    const together = await evaluateStream(model, { documents, policies, chunk: 4, bucket: 250 });
    expect(together.protocol.batches.map((names) => names.length)).toEqual([3, 1, 1]);
    for (const [p, policy] of policies.entries()) {
      const alone = await evaluateStream(model, { documents, policies: [policy], chunk: 4, bucket: 250 });
      for (const [b, { sums }] of alone.units.entries()) {
        expect(together.units[b].sums[p]).toBeCloseTo(sums[0], 2);
      }
    }
    const means = together.summary.policies.map(({ nll }) => nll.toFixed(6));
    expect(new Set(means).size).toBe(policies.length);
  });

  it('the protocol says what was read and how', async () => {
    const policies = await planPolicies(['treekv', 'full'], split);
    const documents = documentsOf(300, 300);
    const { protocol, kind } = await evaluateStream(model, { documents, policies, tokens: 400, chunk: 8 });
    expect(kind).toBe('stream');
    expect(protocol).toMatchObject({
      ...{ tokens: 400, chunk: 8, bucket: 100, reset: 'never' },
      documents: [
        { name: '0.txt', from: 0, tokens: 301 },
        { name: '1.txt', from: 301, tokens: 301 },
      ],
      policies: [
        { name: 'treekv', entriesVisible: 32, cache: { budget: 24 } },
        { name: 'full', entriesVisible: null },
      ],
    });
  });

  it.each([
    ['BOS alone', 1, 1],
    ['as many tokens as the budget', 24, 24],
    ['less than a chunk more', 27, 27],
    ['a chunk more', 33, 32],
  ])('of %s no more is visible than was read', async (_, tokens, visible) => {
    const policies = await planPolicies(['treekv', 'full'], split);
    const documents = documentsOf(100);
    const { protocol } = await evaluateStream(model, { documents, policies, tokens, chunk: 8 });
    expect(protocol.policies.map(({ entriesVisible }) => entriesVisible)).toEqual([visible, null]);
  });

  it('buckets so small that saving them would be the work are refused, with the least size', async () => {
    const policies = await planPolicies(['treekv'], split);
    const documents = documentsOf(4100);
    await expect(evaluateStream(model, { documents, policies, bucket: 2 })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      details: { most: 2000, least: 3 },
    });
  });

  it.each([
    ['tokens', { tokens: 0 }],
    ['tokens', { tokens: 10_000 }],
    ['chunk', { chunk: 0 }],
    ['chunk', { chunk: 4097 }],
    ['bucket', { bucket: 1.5 }],
    ['policies', { policies: [] }],
    ['documents', { documents: [] }],
  ])('a request that cannot be met is refused and names its %s', async (word, wrong) => {
    const policies = await planPolicies(['treekv'], split);
    await expect(
      evaluateStream(model, { documents: documentsOf(300), policies, ...wrong }),
    ).rejects.toMatchObject({ code: 'BAD_OPTION', message: expect.stringContaining(word) });
  });
});

describe('after millions of tokens', () => {
  const names = ['treekv', 'h2o', 'tova', 'streaming-llm', 'treekv:keep-right'];

  async function readOn(
    earlier: readonly CacheContent[] | undefined,
    ids: Int32Array,
  ): Promise<{ contents: CacheContent[]; nll: number[][] }> {
    const plans = (await planPolicies(names, split)).map(({ plan }) => plan);
    const reader = await StreamReader.open(model.engine, plans, 4, earlier);
    const nll: number[][] = plans.map(() => []);
    for (let at = 0; at < ids.length - 1; ) {
      const to = at + reader.nextLength(ids.length - 1 - at);
      await reader.step(ids.subarray(at, to), ids.subarray(at + 1, to + 1));
      for (const [p, values] of reader.nll.entries()) nll[p].push(...values);
      at = to;
    }
    const contents = await reader.contents();
    reader.dispose();
    return { contents, nll };
  }

  const first = () => model.tokenizer.encode(randomText(400, 1));
  const next = () => model.tokenizer.encode(randomText(400, 2));

  it('a cache decides and predicts as one that has read three million tokens fewer, to the last bit', async () => {
    const selected = split.budget - split.sinks - split.recent;
    const passed = selected * Math.ceil(3e6 / selected);
    const { contents } = await readOn(undefined, first());
    const later = contents.map(({ cache, entries }): CacheContent => {
      const layers = cache.layers.map(({ order, policy }) => ({
        order: { ...order, tokens: order.tokens.map((token) => token + passed) },
        policy: { ...policy, ...('turn' in policy && { turn: policy.turn.map((turn) => turn + passed) }) },
      }));
      return { cache: { seen: cache.seen + passed, layers }, entries };
    });
    const [expected, actual] = [await readOn(contents, next()), await readOn(later, next())];
    expect(actual.nll).toEqual(expected.nll);
    expect(actual.contents[0].cache.seen).toBe(expected.contents[0].cache.seen + passed);
  });

  it('it does not matter where the origin of positions has come to', async () => {
    const { contents } = await readOn(undefined, first());
    // at 4096 the origin starts again from 0: just before, just after, and far from it
    const runs = [0, 3000, 4090, 4096].map((origin) =>
      contents.map(({ cache, entries }) => ({
        entries,
        cache: {
          ...cache,
          layers: cache.layers.map(({ order, policy }) => ({ order: { ...order, origin }, policy })),
        },
      })),
    );
    const [expected, ...others] = await Promise.all(runs.map((run) => readOn(run, next().subarray(0, 40))));
    for (const { nll } of others) {
      for (const [p, values] of nll.entries()) {
        for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected.nll[p][i], 3);
      }
    }
  });
});

describe('a run that is killed', () => {
  const names = ['treekv', 'h2o:official', 'random', everyKth, 'full'];
  const [tokens, bucket, chunk] = [1500, 200, 4];
  let request: StreamRequest;
  let unbroken: StreamResult;
  let runs = 0;

  beforeAll(async () => {
    const policies = await planPolicies(names, split);
    request = { documents: documentsOf(600, 901), policies, tokens, bucket, chunk };
    unbroken = await evaluateStream(model, request);
  });

  const newOutput = () => join(place.folder, 'runs', String(runs++));
  const stateOf = (output: string) => `${output}.state.safetensors`;

  /** Runs until so many tokens are read, then falls over without a word to anyone, as a killed process does. */
  async function killedAt(
    position: number,
    options: { output: string; saveEvery: number; resume?: boolean },
  ) {
    const killed = new Error('killed');
    const onProgress = ({ done }: { done: number }): void => {
      if (done >= position && done < tokens) throw killed;
    };
    await evaluateStream(model, request, { ...options, onProgress }).catch((error: unknown) => {
      if (error !== killed) throw error;
    });
  }

  it('comes to the same numbers, wherever and how often it is killed and however often it saves', async () => {
    const kills = fc.array(fc.integer({ min: 1, max: tokens - 1 }), { minLength: 1, maxLength: 3 });
    const property = fc.asyncProperty(
      kills,
      fc.integer({ min: 30, max: 900 }),
      async (positions, saveEvery) => {
        const output = newOutput();
        for (const [i, position] of positions.entries()) {
          await killedAt(position, { output, saveEvery, resume: i > 0 });
        }
        const result = await evaluateStream(model, request, { output, saveEvery, resume: true });
        expect(numbersOf(result)).toEqual(numbersOf(unbroken));
        expect(result.summary.restarts).toBeLessThanOrEqual(positions.length);
        expect(JSON.parse(await readFile(`${output}.json`, 'utf8'))).toEqual(result);
        await expect(stat(stateOf(output))).rejects.toMatchObject({ code: 'ENOENT' });
      },
    );
    await fc.assert(property, { numRuns: 8, seed: 5 });
  });

  it('goes on behind its last state, and does not read the rest again', async () => {
    const output = newOutput();
    await killedAt(1200, { output, saveEvery: 500 });
    const seen: number[] = [];
    const { units } = await evaluateStream(model, request, {
      ...{ output, resume: true },
      onProgress: ({ done }) => seen.push(done),
    });
    expect(units.map(({ measured }) => measured.restarts)).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
    expect(seen[0]).toBeGreaterThan(1000);
    expect(seen[0]).toBeLessThan(1020);
  });

  it('does not mind a half-written state beside the whole one, and leaves nothing behind', async () => {
    const output = newOutput();
    await killedAt(900, { output, saveEvery: 100 });
    const whole = await readFile(stateOf(output));
    await writeFile(`${stateOf(output)}.tmp-1073741824-0123456789ab`, whole.subarray(0, whole.length / 2));
    const result = await evaluateStream(model, request, { output, resume: true });
    expect(numbersOf(result)).toEqual(numbersOf(unbroken));
    const own = (await readdir(join(output, '..'))).filter((name) =>
      name.startsWith(`${output.split('/').at(-1)}.`),
    );
    expect(own).toEqual([`${output.split('/').at(-1)}.json`]);
  });

  it('killed between result and state, it goes back to the state', async () => {
    const output = newOutput();
    await killedAt(500, { output, saveEvery: 100 });
    await copyFile(stateOf(output), `${output}.early`);
    await killedAt(1300, { output, saveEvery: 100, resume: true });
    // the result knows more buckets than this state
    await copyFile(`${output}.early`, stateOf(output));
    const result = await evaluateStream(model, request, { output, resume: true });
    expect(numbersOf(result)).toEqual(numbersOf(unbroken));
  });

  it('killed after its last bucket, it only sums up', async () => {
    const output = newOutput();
    const whole = await evaluateStream(model, request, { output });
    const file = `${output}.json`;
    await writeFile(file, JSON.stringify({ ...whole, complete: false, summary: null }));
    const onProgress = (): void => {
      throw new Error('nothing is to be read');
    };
    const result = await evaluateStream(model, request, { output, resume: true, onProgress });
    expect(result.summary).toEqual(whole.summary);
    expect(result.complete).toBe(true);
  });

  it('a state that is ahead of its result is refused, and so is a damaged one', async () => {
    const output = newOutput();
    await killedAt(500, { output, saveEvery: 100 });
    await copyFile(`${output}.json`, `${output}.early`);
    await killedAt(1300, { output, saveEvery: 100, resume: true });
    await copyFile(`${output}.early`, `${output}.json`);
    const resume = () => evaluateStream(model, request, { output, resume: true });
    await expect(resume()).rejects.toMatchObject({
      code: 'BAD_SNAPSHOT',
      message: expect.stringContaining(stateOf(output)),
    });
    await writeFile(stateOf(output), (await readFile(stateOf(output))).subarray(0, 9000));
    await expect(resume()).rejects.toMatchObject({ code: 'BAD_FILE' });
    await rm(stateOf(output));
    expect(numbersOf(await resume())).toEqual(numbersOf(unbroken));
  });

  it('is not overwritten unasked, nor mixed with another; its state stays for the day it is resumed', async () => {
    const output = newOutput();
    await killedAt(700, { output, saveEvery: 100 });
    const before = await readFile(stateOf(output));
    const attempts = [
      [request, { output }],
      [
        { ...request, chunk: 8 },
        { output, resume: true },
      ],
      [
        { ...request, tokens: 1400 },
        { output, resume: true },
      ],
    ] as const;
    for (const [other, options] of attempts) {
      await expect(evaluateStream(model, other, options)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    }
    expect((await readFile(stateOf(output))).equals(before)).toBe(true);
  });

  it('an old state does not come into a run that begins anew', async () => {
    const output = newOutput();
    await killedAt(700, { output, saveEvery: 100 });
    await rm(`${output}.json`);
    expect(numbersOf(await evaluateStream(model, request, { output }))).toEqual(numbersOf(unbroken));
  });

  it('an abort ends it between steps with what was read', async () => {
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }): void => {
      if (done >= 300) controller.abort();
    };
    await expect(
      evaluateStream(model, request, { signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'ABORTED', details: { done: 300, total: tokens } });
  });
});
