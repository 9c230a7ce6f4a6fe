// Which flags go with which protocol, and that the ablation's groups are those of the library.
import { expect, test } from 'vitest';
import { ablationBaselines, ablationGroupNames } from '../../evaluation/index.ts';
import { ablationCommand } from './ablationCommand.ts';
import { readingOf } from './perplexityCommand.ts';

test('each protocol has its defaults', () => {
  expect(readingOf({ protocol: 'stream', reset: true })).toEqual({
    ...{ protocol: 'stream', contexts: [4096], reset: true },
  });
  expect(readingOf({ protocol: 'sliding', reset: true })).toEqual({
    ...{ protocol: 'sliding', windows: [4096], stride: 2048 },
  });
});

test.each([
  [{ protocol: 'stream', reset: true, window: [8] }, '--window applies to --protocol sliding only'],
  [{ protocol: 'stream', reset: true, stride: 8 }, '--stride applies to --protocol sliding only'],
  [{ protocol: 'sliding', reset: true, context: [8] }, '--context applies to --protocol stream only'],
  [{ protocol: 'sliding', reset: false }, '--no-reset applies to --protocol stream only'],
] as const)('%o is refused', (flags, words) => {
  expect(() => readingOf(flags)).toThrow(
    expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(words) }),
  );
});

test('the ablation offers the groups and baselines that there are', () => {
  const command = ablationCommand({
    signal: new AbortController().signal,
    onInterrupt: () => () => undefined,
  });
  const { groups, policies } = command.opts();
  expect(groups).toEqual(ablationGroupNames);
  expect(policies).toEqual(ablationBaselines);
});
