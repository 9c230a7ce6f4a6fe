import { expect, test } from 'vitest';
import { readingLines, readingTable } from './readingTable.ts';

const full = {
  policy: 'full',
  tokens: 15_999,
  total: 15_999,
  perplexity: 88.811,
  recentPerplexity: 378.93,
  cacheBytes: 155.6 * 1024 ** 2,
  tokensPerSecond: 92.4,
};
const waiting = { ...full, policy: 'streaming-llm', tokens: 0 };

test('figures are rounded to what can be compared; who waits shows dashes', () => {
  expect(readingTable([full, waiting]).split('\n')).toEqual([
    'policy         tokens read  perplexity  last 1,024  cache MiB  tokens/s',
    '-------------  -----------  ----------  ----------  ---------  --------',
    'full                15,999       88.81      378.93      155.6        92',
    'streaming-llm            -           -           -          -         -',
  ]);
});

test('lines of a log keep the columns of the table', () => {
  const { heading, line } = readingLines(['full', 'streaming-llm']);
  expect([...heading.split('\n'), line(full)]).toEqual(readingTable([full, waiting]).split('\n').slice(0, 3));
});
