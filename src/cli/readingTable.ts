// The demo's figures as a table, alike while they change and at the end.
import { RECENT_TOKENS, type Reading } from './readingTracker.ts';
import { formatCount, textTable } from './textTable.ts';

const heading = [
  'policy',
  'tokens read',
  'perplexity',
  `last ${formatCount(RECENT_TOKENS)}`,
  'cache MiB',
  'tokens/s',
];

/** All policies; one that has not begun shows dashes. */
export function readingTable(readings: readonly Reading[]): string {
  return textTable([heading, ...readings.map(cells)]);
}

/** Lines for a log: the heading, and a reading in its columns. */
export function readingLines(policies: readonly string[]) {
  const widest = cells({
    policy: policies.reduce((a, b) => (b.length > a.length ? b : a)),
    tokens: 1,
    total: 1,
    perplexity: 10_000,
    recentPerplexity: 10_000,
    cacheBytes: 0,
    tokensPerSecond: 10_000,
  });
  const lines = (reading: string[]): string[] => textTable([heading, widest, reading]).split('\n');
  return {
    heading: lines(widest).slice(0, 2).join('\n'),
    line: (reading: Reading): string => lines(cells(reading))[3],
  };
}

function cells(reading: Reading): string[] {
  if (reading.tokens === 0) return [reading.policy, '-', '-', '-', '-', '-'];
  return [
    reading.policy,
    formatCount(reading.tokens),
    reading.perplexity.toFixed(2),
    reading.recentPerplexity.toFixed(2),
    (reading.cacheBytes / 1024 ** 2).toFixed(1),
    reading.tokensPerSecond.toFixed(0),
  ];
}
