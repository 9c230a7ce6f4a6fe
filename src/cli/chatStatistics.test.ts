// The lines of /stats: figures as they are, and the sum that shows what is saved.
import { expect, it } from 'vitest';
import type { CacheStatistics, GenerationStatistics } from '../generation/index.ts';
import { chatStatistics } from './chatStatistics.ts';

const config = { layers: 30, kvHeads: 3, headDim: 64 };
const bounded: CacheStatistics = {
  cache: {
    ...{ policy: 'treekv', variant: 'paper', budget: 1024, sinks: 4, recent: 508, selected: 512 },
    positions: 'by-place',
  },
  prefill: { mode: 'chunked' },
  tokensSeen: 100_000,
  entriesKept: [1024, 1024],
  cacheBytes: 48_000_000,
};
const last = {
  ...{ prompt_tokens: 12, prefillMs: 250, completion_tokens: 80, tokensPerSecond: 40.4, query: null },
  ...{ peakCacheBytes: 48_000_000, meanCacheBytes: 48_000_000, peakRssBytes: 200_000_000 },
};

it('a bounded cache beside a full one: 2 x layers x KV heads x head width x 4 bytes a token', () => {
  expect(
    chatStatistics(bounded, config, { ...bounded, ...last, finish_reason: 'stop', decodeMs: 1980 }),
  ).toBe(
    'tokens seen   100,000\n' +
      'entries kept  1,024 per KV head and layer (treekv, at most 1,024: 4 sinks, 508 recent, 512 selected)\n' +
      'memory        45.8 MiB; a full cache would hold 4.3 GiB\n' +
      'last answer   80 tokens at 40 a second, after 12 read in 0.25 s\n',
  );
  expect((100_000 * 2 * 30 * 3 * 64 * 4) / 2 ** 30).toBeCloseTo(4.3, 1);
});

it('before anything is evicted it does not claim to save', () => {
  const text = chatStatistics({ ...bounded, tokensSeen: 500, entriesKept: [499, 499] }, config, undefined);
  expect(text).toContain('nothing had to leave yet');
  expect(text).not.toContain('last answer');
});

it('a full cache says that it grows', () => {
  const cache = { ...bounded.cache, policy: 'full', budget: null };
  const text = chatStatistics(
    { ...bounded, cache, entriesKept: [99_999] },
    config,
    undefined as GenerationStatistics | undefined,
  );
  expect(text).toMatch(/99,999 per KV head and layer \(full, grows with the conversation\)/);
});
