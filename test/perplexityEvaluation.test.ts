// `evaluatePerplexity` and `evaluateAblation` against plain float64 loops on a small random model, in every protocol
// and under every policy; and runs that are cut off.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReferenceWeights } from '../src/engine/fake/float64Decoder.testing.ts';
import {
  type Document,
  evaluateAblation,
  evaluatePerplexity,
  type PerplexityReport,
  type PerplexityRequest,
  planPolicies,
  type SlidingReading,
  type StreamReading,
} from '../src/evaluation/index.ts';
import { type LocalModel, loadLocalModel } from '../src/generation/index.ts';
import { writeTinyModel } from '../src/model/tinyModel.testing.ts';
import { findPolicy } from '../src/policies/index.ts';
import { naiveNll } from './support/naiveReader.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';
import { writeTinyFolder } from './support/tinyFolder.ts';

const split = { budget: 24, sinks: 2, recent: 6 };
const specs = [
  ...['full', 'treekv', 'treekv:sum', 'treekv:last', 'treekv:keep-left', 'treekv:keep-right'],
  ...['treekv:printed', 'treekv:absolute', 'treekv:no-sinks:no-recent', 'streaming-llm', 'h2o', 'tova'],
];
const documents: readonly Document[] = [
  {
    name: 'a.txt',
    text: 'Of two neighbours the weaker leaves, and each pass halves what a stretch of text has.',
  },
  { name: 'b.txt', text: 'Nobody remembered who had planted the orchard; it simply was there, in rows.' },
  { name: 'c.txt', text: 'The keeper climbed the stairs, counting.' },
];
const stream: StreamReading = { protocol: 'stream', contexts: [30, 60] };
const sliding: SlidingReading = { protocol: 'sliding', windows: [40, 64], stride: 18 };

const place = useTemporaryCache();
let model: LocalModel;
let weights: ReferenceWeights;

beforeAll(async () => {
  model = await loadLocalModel(await writeTinyFolder(join(place.folder, 'model')), {
    dtype: 'fp32',
    threads: 1,
  });
  ({ weights } = await writeTinyModel(join(place.folder, 'weights')));
});

afterAll(() => model.engine.dispose());

async function run(own: Partial<PerplexityRequest> = {}): Promise<PerplexityReport> {
  const policies = await planPolicies(specs, split);
  return evaluatePerplexity(model, { documents, policies, reading: stream, ...own });
}

const BOS = 0;
const tokensOf = ({ text }: Document) => Array.from(model.tokenizer.encode(text));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const naive = (
  policy: string,
  report: PerplexityReport,
  ids: readonly number[],
  targets: readonly number[],
) => {
  const cache = report.protocol.policies.find(({ name }) => name === policy)?.cache;
  if (cache === undefined) throw new Error(`no policy ${policy}`);
  return naiveNll(model.engine.config, weights, ids, targets, cache);
};
const unitOf = ({ units }: PerplexityReport, key: string) => {
  const unit = units.find((one) => one.key === key);
  if (unit === undefined) throw new Error(`no unit ${key}`);
  return unit;
};

describe('stream', () => {
  it('with reset reads each document alone from BOS, as a plain loop does', async () => {
    const report = await run();
    expect(report.units).toHaveLength(documents.length * specs.length);
    for (const document of documents) {
      const targets = tokensOf(document).slice(0, 60);
      const ids = [BOS, ...targets.slice(0, -1)];
      for (const policy of specs) {
        const expected = naive(policy, report, ids, targets);
        const unit = unitOf(report, `${document.name}|${policy}`);
        expect(unit.sum / targets.length, unit.key).toBeCloseTo(mean(expected), 5);
        const columns = [30, 60].filter((column) => column <= targets.length);
        expect(unit.means.map(({ column }) => column)).toEqual(columns);
        for (const { column, nll } of unit.means) expect(nll).toBeCloseTo(mean(expected.slice(0, column)), 5);
        const { bucket } = report.protocol;
        for (const [b, sum] of unit.buckets.entries()) {
          const own = expected.slice(b * bucket, (b + 1) * bucket);
          expect(sum).toBeCloseTo(mean(own) * own.length, 4);
        }
        expect(unit.entriesVisible).toBe(policy === 'full' ? ids.length : 25);
      }
    }
    expect(new Set(report.summary.means.map(({ nll }) => nll?.toFixed(4))).size).toBeGreaterThan(18);
    expect(report.summary.tooShort).toEqual([{ column: 60, documents: ['c.txt'] }]);
  });

  it('without reset reads all documents through one cache, each behind a BOS that is not scored', async () => {
    const report = await run({ reading: { ...stream, reset: false } });
    const texts = documents.map((document) => tokensOf(document).slice(0, 60));
    const ids = texts.flatMap((tokens) => [BOS, ...tokens]).slice(0, -1);
    const targets = texts.flatMap((tokens) => [...tokens, -1]).slice(0, -1);
    for (const policy of specs) {
      const expected = naive(policy, report, ids, targets);
      let from = 0;
      for (const [d, { length }] of texts.entries()) {
        const unit = unitOf(report, `${documents[d].name}|${policy}`);
        expect(unit.tokens).toBe(length);
        expect(unit.sum / length, unit.key).toBeCloseTo(mean(expected.slice(from, from + length)), 5);
        from += length + 1;
      }
    }
    const all = report.summary.policies.find(({ policy }) => policy === 'h2o')?.allTokens;
    const scored = naive('h2o', report, ids, targets).filter((nll) => !Number.isNaN(nll));
    expect(all?.tokens).toBe(scored.length);
    expect(all?.nll).toBeCloseTo(mean(scored), 5);
    expect(report.protocol.reset).toMatch(/^never/);
  });

  it.each([1, 4])('in chunks of %i gives each unit within 1e-5 what it is alone', async (chunk) => {
    const report = await run({ chunk });
    expect(unitOf(report, 'a.txt|h2o').entriesVisible).toBe(24 + chunk);
    for (const [i, policy] of (await planPolicies(specs, split)).entries()) {
      const document = documents[i % documents.length];
      const { units } = await run({ chunk, policies: [policy], documents: [document] });
      const together = unitOf(report, units[0].key);
      expect(Math.abs(together.sum - units[0].sum) / units[0].tokens, units[0].key).toBeLessThan(1e-5);
      expect(together.entriesVisible).toBe(units[0].entriesVisible);
    }
  });
});

describe('sliding', () => {
  it('reads windows from empty caches and scores their last tokens, as a plain loop does', async () => {
    const report = await run({ reading: sliding, limit: 70 });
    for (const document of documents) {
      const tokens = tokensOf(document).slice(0, 70);
      for (const window of sliding.windows) {
        if (tokens.length < window) {
          expect(
            report.units.some(({ key }) => key.startsWith(document.name) && key.endsWith(`|${window}`)),
          ).toBe(false);
          continue;
        }
        for (const policy of specs) {
          const expected: number[] = [];
          while (expected.length < tokens.length) {
            const stride = expected.length === 0 ? window : sliding.stride;
            const end = Math.min(expected.length + stride, tokens.length);
            const text = tokens.slice(end - window, end);
            const nll = naive(policy, report, [BOS, ...text.slice(0, -1)], text);
            expected.push(...nll.slice(expected.length - end));
          }
          const unit = unitOf(report, `${document.name}|${policy}|${window}`);
          expect(unit.tokens).toBe(tokens.length);
          expect(unit.means).toEqual([{ column: window, nll: unit.sum / unit.tokens }]);
          expect(unit.means[0].nll, unit.key).toBeCloseTo(mean(expected), 5);
        }
      }
    }
    // c.txt has 40 tokens: one window of 40, none of 64
    expect(report.summary.tooShort).toEqual([{ column: 64, documents: ['c.txt'] }]);
  });
});

it.each<[string, StreamReading | SlidingReading]>([
  ['stream', stream],
  ['stream without reset', { ...stream, reset: false }],
  ['sliding', sliding],
])(
  'in protocol %s a document that spells BOS out is read, counted and described as any other',
  async (_, reading) => {
    const policies = await planPolicies(['treekv'], split);
    const plain = await run({ policies, reading });
    const [first, ...others] = documents;
    const spelled = [{ ...first, text: `<bos>${first.text}` }, ...others];
    const { units, summary, protocol } = await run({ policies, reading, documents: spelled });
    expect({ units, summary }).toEqual({ units: plain.units, summary: plain.summary });
    const hashless = ({ documents: own, ...rest }: PerplexityReport['protocol']) => ({
      ...rest,
      documents: own.map(({ name, tokens }) => ({ name, tokens })),
    });
    expect(hashless(protocol)).toEqual(hashless(plain.protocol));
  },
);

describe('a run that is cut off', () => {
  const policies = ['treekv', 'full', 'tova', './test/fixtures/everyKth.mjs', 'h2o:official'];

  it.each<[string, StreamReading | SlidingReading]>([
    ['stream', stream],
    ['sliding', sliding],
  ])('in protocol %s goes on to the same result, to the last bit', async (name, reading) => {
    const request = { reading, policies: await planPolicies(policies, { budget: 20 }) };
    const unbroken = await run({ ...request, output: join(place.folder, `${name}-unbroken`) });
    const output = join(place.folder, `${name}-broken`);
    let cuts = 0;
    for (const share of [0.3, 0.6, 0.9]) {
      const controller = new AbortController();
      const onProgress = ({ done, total }: { done: number; total: number }) => {
        if (done > share * total && done < total) controller.abort();
      };
      const { signal } = controller;
      const cut = run({ ...request, output, resume: cuts > 0, signal, onProgress });
      await expect(cut).rejects.toMatchObject({ code: 'ABORTED' });
      cuts++;
    }
    const partial = JSON.parse(await readFile(`${output}.json`, 'utf8')) as PerplexityReport;
    expect(partial).toMatchObject({ complete: false });
    expect(partial.units.length).toBeGreaterThan(0);
    expect(partial.units.length).toBeLessThan(unbroken.units.length);
    const resumed = await run({ ...request, output, resume: true });
    expect(resumed.units).toEqual(unbroken.units);
    expect(resumed.summary).toEqual(unbroken.summary);
    const again = await run({ ...request, output, resume: true });
    expect(again).toEqual(resumed);
  });

  it('does not go on under a module that was changed', async () => {
    const module = join(place.folder, 'mine.mjs');
    await copyFile('test/fixtures/everyKth.mjs', module);
    const request = { policies: await planPolicies([module], { budget: 20 }) };
    const output = join(place.folder, 'changed');
    await run({ ...request, output });
    await writeFile(module, `${await readFile(module, 'utf8')}\n// changed\n`);
    await expect(run({ ...request, output, resume: true })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('protocol.policies.0.sha256'),
    });
  });
});

describe('a request is refused', () => {
  it.each<[string, Partial<PerplexityRequest>, string]>([
    ['without documents', { documents: [] }, 'There is no document'],
    ['without policies', { policies: [] }, 'There is no policy'],
    ['with a name twice', { documents: [documents[0], documents[0]] }, "'a.txt' is named twice"],
    ['without contexts', { reading: { ...stream, contexts: [] } }, 'no contexts'],
    ['with a context of 0', { reading: { ...stream, contexts: [0] } }, "'contexts'"],
    ['with a stride beyond a window', { reading: { ...sliding, stride: 41 } }, 'windows of 40'],
    [
      'with windows longer than any text',
      { reading: { ...sliding, windows: [9000], stride: 10 } },
      'tokens of a window',
    ],
    [
      'with a text twice',
      { documents: [documents[0], { ...documents[0], name: 'again' }] },
      'the same text as',
    ],
    ['with a limit below a context', { limit: 59 }, 'Raise it to 60'],
    ['with a chunk of 0', { chunk: 0 }, "'chunk'"],
    [
      'with an unknown reference',
      { reference: 'treekv:h2o' },
      "'treekv:h2o' is none of the policies: full, treekv",
    ],
  ])('%s', async (_, own, words) => {
    await expect(run(own)).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining(words),
    });
  });
});

it('another reference changes nothing but the comparison', async () => {
  const own = await run({ reference: 'treekv', reading: { ...stream, contexts: [30] } });
  const first = await run({ reading: { ...stream, contexts: [30] } });
  expect(own.units).toEqual(first.units);
  expect(own.summary.means).toEqual(first.summary.means);
  const mirrored = own.summary.differences.find(({ policy }) => policy === 'full');
  const difference = first.summary.differences.find(({ policy }) => policy === 'treekv');
  expect(mirrored?.mean).toBeCloseTo(-(difference?.mean ?? Number.NaN), 12);
});

it('a finished run is compared with another reference at no cost', async () => {
  const output = join(place.folder, 'compared');
  const request = { output, reading: { ...stream, contexts: [30] } };
  const first = await run(request);
  const again = await run({ ...request, resume: true, reference: 'treekv', seed: 1 });
  expect(again.units).toEqual(first.units);
  expect(again.seconds).toBe(first.seconds);
  expect(again.protocol).toMatchObject({ reference: 'treekv', bootstrap: { seed: 1 } });
  expect(again.summary.differences.map(({ reference }) => reference)).not.toContain('full');
});

describe('the ablation', () => {
  it('reads each variant once, whatever the groups, and each is what the perplexity is of that name', async () => {
    const request = { documents, split: { budget: 24 }, limit: 60 };
    const report = await evaluateAblation(model, {
      ...request,
      baselines: ['h2o', './test/fixtures/everyKth.mjs'],
    });
    const names = report.protocol.policies.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(1 + 2 + 1 + 2 + 3 + 1 + 2);
    expect(report.units).toHaveLength(names.length * documents.length);
    const policies = await planPolicies(names, { budget: 24, sinks: 4, recent: 8 });
    for (const { name, cache } of report.protocol.policies) {
      expect(cache).toEqual(policies.find((policy) => policy.name === name)?.plan);
    }
    const same = await run({ policies, reading: { protocol: 'stream', contexts: [60] } });
    expect(report.units).toEqual(same.units);
    expect(report.summary.differences.map(({ policy }) => policy)).toEqual(names.slice(1));
  });

  it('reads only the groups asked for', async () => {
    const report = await evaluateAblation(model, {
      ...{
        documents: documents.slice(0, 1),
        groups: ['score'],
        baselines: [],
        split: { budget: 24 },
        limit: 40,
      },
    });
    expect(report.units.map(({ key }) => key)).toEqual([
      'a.txt|treekv',
      'a.txt|treekv:sum',
      'a.txt|treekv:last',
    ]);
    expect(report.summary.differences[0].byDocument).toMatchObject({ n: 1, low: null });
    expect(report.summary.differences[0].byBucket?.n).toBe(2);
  });
});

it('a policy module is carried out and named by its own card', async () => {
  const [{ name, plan }] = await planPolicies(['./test/fixtures/everyKth.mjs'], { budget: 20 });
  const report = await run({ policies: [{ name, plan }] });
  expect((await findPolicy(plan.policy)).name).toBe('every-kth');
  expect(report.protocol.policies[0]).toMatchObject({ name, card: { score: 'not stated' } });
  expect(report.protocol.policies[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(unitOf(report, `a.txt|${name}`).entriesVisible).toBe(21);
});
