// What a stream's buckets come to, on buckets whose numbers are known: means, slope, pairs, time and memory; and
// the tables and plots that show them.
import { expect, test } from 'vitest';
import { renderSvg } from '../../report/index.ts';
import { planPolicies } from '../policySpec.ts';
import type { StreamBucket } from './bucketMeter.ts';
import type { StreamResult } from './evaluateStream.ts';
import { streamPlots } from './streamPlots.ts';
import type { StreamProtocol } from './streamProtocol.ts';
import { summariseStream } from './streamSummary.ts';
import { streamTable } from './streamTable.ts';

const SIZE = 100;
const MEBIBYTE = 2 ** 20;
const named = await planPolicies(['treekv', 'h2o'], { budget: 150, sinks: 4, recent: 16 });
const card = { when: '', score: '', sharing: '', group: '', positions: '', order: '', entriesVisible: 151 };

function protocolOf(tokens: number): StreamProtocol {
  const words = {
    textOrder: 'in order',
    bos: 'one',
    window: 'none',
    stride: 'token by token',
    reset: 'never',
  };
  return {
    ...{ protocol: 'stream', ...words, firstScored: 'the first', mean: 'over tokens', dtype: 'fp32' },
    ...{ chunk: 1, tokens, bucket: SIZE },
    documents: [{ name: 'a', sha256: '', from: 0, tokens: tokens + 1 }],
    policies: named.map(({ name, plan }) => ({ name, cache: plan, card, entriesVisible: 151 })),
    batches: [['treekv', 'h2o']],
  };
}

/** A stream of `count` buckets, the last of them 40 tokens long. */
function bucketsOf(count: number, means: (b: number) => [number, number], restarts = (_b: number) => 0) {
  return Array.from({ length: count }, (_, b): StreamBucket => {
    const tokens = b === count - 1 ? 40 : SIZE;
    return {
      ...{ key: String(b), from: b * SIZE, to: b * SIZE + tokens, scored: tokens },
      sums: means(b).map((mean) => mean * tokens),
      measured: {
        milliseconds: [tokens * (b + 1)],
        cacheBytes: [3 * MEBIBYTE],
        rssBytes: (100 + b) * MEBIBYTE,
        restarts: restarts(b),
      },
    };
  });
}

const tokensOf = (buckets: readonly StreamBucket[]): number => buckets[buckets.length - 1].to;
const summaryOf = (buckets: readonly StreamBucket[]) =>
  summariseStream(protocolOf(tokensOf(buckets)), buckets);

test('means are over tokens, so that a short bucket counts for what it has', () => {
  const { policies } = summaryOf(bucketsOf(3, (b) => [b + 1, 2]));
  expect(policies[0].nll).toBeCloseTo((100 * 1 + 100 * 2 + 40 * 3) / 240, 12);
  expect(policies[1].nll).toBeCloseTo(2, 12);
});

test('the last tenth is the buckets that begin in it, or the last bucket', () => {
  const long = summaryOf(bucketsOf(41, (b) => [b, 0]));
  // 4,040 tokens: from 3,636 on, buckets 37 to 40, the last of 40 tokens
  expect(long.policies[0].lastTenth).toBeCloseTo((100 * (37 + 38 + 39) + 40 * 40) / 340, 12);
  expect(summaryOf(bucketsOf(3, (b) => [b, 0])).policies[0].lastTenth).toBeCloseTo(2, 12);
});

test('a difference linear in the logarithm of the length has that slope, whatever the texts', () => {
  const text = (b: number) => 3 + Math.sin(b);
  const { differences } = summaryOf(
    bucketsOf(21, (b) => [text(b) + 0.25 * Math.log2(b * SIZE + (b === 20 ? 20 : 50)), text(b)]),
  );
  const { mean, low, high } = differences[0].perDoubling ?? { mean: 0, low: null, high: null };
  for (const value of [mean, low, high]) expect(value).toBeCloseTo(0.25, 10);
  expect(summaryOf(bucketsOf(2, () => [1, 1])).differences[0].perDoubling).toBeNull();
});

test('a difference is that of the means, a short last bucket included', () => {
  const { policies, differences } = summaryOf(bucketsOf(9, (b) => [b, 0.5 * b * b]));
  expect(differences[0].mean).toBeCloseTo(policies[0].nll - policies[1].nll, 12);
});

test('differences are paired by bucket: what both share leaves no width', () => {
  const { differences, bootstrap } = summaryOf(bucketsOf(26, (b) => [b * 10 + 0.5 + (b % 2) / 100, b * 10]));
  expect(differences).toHaveLength(1);
  expect(differences[0]).toMatchObject({ policy: 'treekv', minus: 'h2o', n: 26 });
  for (const value of [differences[0].mean, differences[0].low, differences[0].high]) {
    expect(Math.abs(Number(value) - 0.505)).toBeLessThan(0.005);
  }
  expect(bootstrap.block).toBe(6);
});

test('time is compared between the first and last quarter of the buckets that begin with full caches', () => {
  const { batches } = summaryOf(bucketsOf(10, () => [1, 1]));
  // buckets 2 to 9 begin behind token 150; 3 and 4, 9 and 10 milliseconds a token
  expect(batches).toEqual([
    {
      ...{ policies: ['treekv', 'h2o'], cacheBytes: 3 * MEBIBYTE },
      ...{ firstQuarter: 3.5, lastQuarter: 9.5, ratio: 9.5 / 3.5 },
    },
  ]);
});

test('memory is compared within the last process alone, without the bucket in which it took over', () => {
  expect(summaryOf(bucketsOf(10, () => [1, 1])).memory).toMatchObject({
    ...{ growthMebibytes: 7, rangeMebibytes: 7, from: 200 },
  });
  const resumed = summaryOf(
    bucketsOf(
      10,
      () => [1, 1],
      (b) => (b < 6 ? 0 : 1),
    ),
  );
  expect(resumed).toMatchObject({ restarts: 1, memory: { growthMebibytes: 2, from: 700, to: 940 } });
});

test('a run that ends before its caches are full says nothing of time and memory', () => {
  const { memory, batches } = summaryOf(bucketsOf(2, () => [1, 1]));
  expect(memory).toBeNull();
  expect(batches[0].ratio).toBeNull();
});

function resultOf(buckets: readonly StreamBucket[]): StreamResult {
  const protocol = protocolOf(tokensOf(buckets));
  return {
    ...{ format: 'treekv-result', version: 1, kind: 'stream', complete: true, seconds: 1, peakRssBytes: 1 },
    model: { name: 'tiny', fingerprint: 'f', dtype: 'fp32', trainedContext: 64 },
    software: { treekv: '0', node: '0', onnxruntime: '0' },
    ...{ protocol, units: buckets, summary: summariseStream(protocol, buckets) },
  };
}

test('the tables show each policy, each pair, each batch, and the memory', () => {
  const table = streamTable(resultOf(bucketsOf(10, (b) => [2 + 0.01 * b, 2.5])));
  expect(table).toContain('| treekv | 151 | 2.0');
  expect(table).toContain('| treekv less h2o | -0.4579 [');
  expect(table).toContain('| treekv, h2o | 3.0 | 3.500 | 9.500 | 2.714 |');
  expect(table).toContain(
    '102.0 MiB in the first bucket with full caches, 109.0 MiB in the last (+7.0 MiB; 7.0 MiB between',
  );
  expect(table).toContain('; 940 tokens of 1 document\n');
});

test('how it was measured stands below: what was read, what each policy keeps, what intervals resample', () => {
  const result = resultOf(bucketsOf(10, () => [2, 3]));
  const [tables, part] = streamTable(result).split('\n\nHow it was measured\n');
  expect(tables).toContain('Memory resident: ');
  const lines = part.split('\n');
  for (const line of [
    '- model: tiny, trained to 64 tokens, fp32',
    '- texts: a',
    '- protocol: stream; in order: 940 tokens; cache reset: never',
    '- BOS: one',
    '- window: none; stride: token by token',
    '- scored: from the first',
    '- mean: over tokens',
    '- time: 1.0 s',
  ]) {
    expect(lines).toContain(line);
  }
  expect(part).toContain(
    '- h2o: keeps 150 = 4 sinks + 16 recent + 130 selected; 151 entries visible at most',
  );
  expect(lines.at(-1)).toContain(
    'over buckets of 100 tokens, circular blocks of 4, 10,000 samples, seed 0, widened',
  );
});

test('of quantised weights the table says that policies should be compared in fp32', () => {
  const result = resultOf(bucketsOf(3, () => [2, 3]));
  const quantised = { ...result, model: { ...result.model, dtype: 'q8' } };
  expect(streamTable(result)).not.toContain('should be fp32');
  expect(streamTable(quantised)).toMatch(/Note: the weights are q8\..*should be fp32.*$/);
});

test('what a run was too short for is a dash', () => {
  const table = streamTable(resultOf(bucketsOf(1, () => [2, 3])));
  expect(table).toContain('| treekv | 151 | 2.0000 | 2.0000 |');
  expect(table).toContain('| treekv less h2o | -1.0000 | - | 1 |');
  expect(table).toContain('| treekv, h2o | 3.0 | - | - | - |');
  expect(table).toContain('fewer than two whole buckets were measured');
});

test('the plots show the running mean of each policy, how they differ, and time and memory of each bucket', async () => {
  const plots = streamPlots(resultOf(bucketsOf(4, (b) => [b, 1])));
  const values = (name: string) => (plots[name].data as { values: Record<string, unknown>[] }).values;
  expect(values('').filter(({ policy }) => policy === 'treekv')).toMatchObject([
    { length: 100, nll: 0 },
    { length: 200, nll: 0.5 },
    { length: 300, nll: 1 },
    { length: 340, nll: 420 / 340 },
  ]);
  expect(values('difference').filter(({ policy }) => policy === 'h2o')).toMatchObject([
    { length: 100, nll: 1 },
    { length: 200, nll: 0.5 },
    { length: 300, nll: 0 },
    { length: 340, nll: -80 / 340 },
  ]);
  expect(values('time')[3]).toMatchObject({ length: 340, milliseconds: 4 });
  expect(values('memory')[4]).toMatchObject({ what: 'caches', mebibytes: 3 });
  for (const plot of Object.values(plots)) expect(await renderSvg(plot)).toMatch(/^<svg.*tokens read/s);
});
