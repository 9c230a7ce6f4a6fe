import { expect, test } from 'vitest';
import { planCache } from '../policies/index.ts';
import { demoSummary } from './demoSummary.ts';

const setting = { model: 'm', dtype: 'q8', trainedContext: 4096, chunk: 16 };
const MIB = 1024 ** 2;

async function reading(policy: string, tokens: number, perplexity: number, recentPerplexity: number) {
  return {
    policy,
    tokens,
    total: tokens,
    perplexity,
    recentPerplexity,
    trainedPerplexity: 30,
    cacheBytes: (policy === 'full' ? 79 : 8) * MIB,
    tokensPerSecond: 100,
    entriesVisible: policy === 'full' ? tokens : 1040,
    cache: await planCache({ policy }),
  };
}

/** The summary without its line breaks. */
async function summarise(tokens: number, full: readonly [number, number], streaming: number) {
  const readings = await Promise.all([
    reading('full', full[0], 50, full[1]),
    reading('treekv', tokens - 1, 31, 33),
    reading('streaming-llm', tokens - 1, streaming, 33.5),
  ]);
  return demoSummary(setting, { tokens, readings }).replace(/\n {2}/g, ' ');
}

test('a break is named with its cause, and where full attention was stopped', async () => {
  const text = await summarise(16_000, [8192, 204.9], 31.01);
  expect(text).toContain('breaks beyond 4,096 tokens, because the model was trained to 4,096');
  expect(text).toContain('30.0 over the first 4,096 tokens, 204.9 over the last 1,024');
  expect(text).toContain('stopped at 2 x 4,096 tokens');
  expect(text).toContain('hold: 33.0 to 33.5');
  expect(text).toContain('1,024 entries per head = 4 sinks + 508 recent + 512 selected');
  expect(text).toContain('up to 1,040 are visible');
  expect(text).toContain('level (0.03 % apart)');
});

test('no break is claimed where there is none, nor a tie', async () => {
  const long = await summarise(6000, [5999, 31], 32);
  expect(long).not.toMatch(/breaks|stopped/);
  expect(long).toContain('3.13 % apart on this small model and this one text, TreeKV ahead');
  expect(await summarise(1000, [999, 31], 31)).toContain('does not break here');
});
