import { expect, test } from 'vitest';
import { RECENT_TOKENS, ReadingTracker } from './readingTracker.ts';

const MIB = 1024 * 1024;

function progress(sums: readonly number[], counts: readonly number[]) {
  const rowBytes = counts.map((count) => (count > 0 ? MIB : 0));
  return { done: 0, total: 3072 * counts.length, cacheBytes: 0, sums, counts, rowBytes };
}

test('a policy that has not begun shows no tokens', () => {
  const [reading] = new ReadingTracker(['full'], 0).readings();
  expect(reading).toMatchObject({ policy: 'full', tokens: 0, cacheBytes: 0 });
});

test('lately is the last 1024 tokens, in perplexity and in speed', () => {
  const tracker = new ReadingTracker(['full', 'treekv'], 500);
  let sum = 0;
  for (let step = 1; step <= 12; step++) {
    // 256 tokens a second at 1 nat, then 128 tokens a second at 2 nats
    const early = step <= 8;
    sum += 256 * (early ? 1 : 2);
    const time = 500 + (early ? step * 1000 : 8000 + (step - 8) * 2000);
    tracker.update(progress([sum, 0], [256 * step, 0]), [0, 1], time);
  }
  const [full, waiting] = tracker.readings();
  expect(RECENT_TOKENS).toBe(4 * 256);
  expect(full.tokens).toBe(12 * 256);
  expect(full.perplexity).toBeCloseTo(Math.exp((8 + 8) / 12), 10);
  expect(full.recentPerplexity).toBeCloseTo(Math.exp(2), 10);
  expect(full.tokensPerSecond).toBeCloseTo(128, 10);
  expect(full.cacheBytes).toBe(MIB);
  expect(waiting.tokens).toBe(0);
});

test("a later policy's clock starts with its own first step", () => {
  const tracker = new ReadingTracker(['full', 'treekv'], 0);
  tracker.update(progress([9], [10]), [0], 60_000);
  tracker.update(progress([9], [10]), [1], 61_000);
  expect(tracker.readings()[1]).toMatchObject({ tokens: 10, total: 3072, tokensPerSecond: 10 });
});
