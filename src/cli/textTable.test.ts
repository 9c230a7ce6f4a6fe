import { expect, test } from 'vitest';
import { formatBytes, formatCount, textTable } from './textTable.ts';

test('cells line up: words left, numbers right', () => {
  const table = textTable([
    ['policy', 'tokens'],
    ['full', '16,000'],
    ['streaming-llm', '16'],
  ]);
  expect(table).toBe(
    ['policy         tokens', '-------------  ------', 'full           16,000', 'streaming-llm      16'].join(
      '\n',
    ),
  );
});

test('bytes keep three digits', () => {
  expect(formatBytes(512)).toBe('512 B');
  expect(formatBytes(8 * 1024 * 1024)).toBe('8.0 MiB');
  expect(formatBytes(125 * 1024 * 1024)).toBe('125 MiB');
  expect(formatBytes(1.5 * 1024 ** 3)).toBe('1.5 GiB');
  expect(formatCount(1_000_000)).toBe('1,000,000');
});
