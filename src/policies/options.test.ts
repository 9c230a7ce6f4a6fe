import { describe, expect, test } from 'vitest';
import type { TreekvError } from '../core/index.ts';
import type { CacheOptions } from './policy.ts';
import { planCache, policyNames } from './registry.ts';

async function failure(options: object): Promise<Pick<TreekvError, 'code' | 'message'>> {
  return planCache(options as CacheOptions).then(
    (plan) => expect.fail(`planned ${JSON.stringify(plan)}`),
    (error: TreekvError) => ({ code: error.code, message: error.message }),
  );
}

test('the default is the cache of the paper: 1024 = 4 + 508 + 512', async () => {
  expect(await planCache()).toEqual({
    policy: 'treekv',
    variant: 'paper',
    budget: 1024,
    sinks: 4,
    recent: 508,
    selected: 512,
    positions: 'by-place',
    rule: 'prose',
    choice: 'score',
    score: 'mean',
  });
});

test('recent follows the budget and the sinks', async () => {
  expect(await planCache({ budget: 5 })).toMatchObject({ sinks: 4, recent: 0, selected: 1 });
  expect(await planCache({ budget: 256, sinks: 0 })).toMatchObject({ recent: 128, selected: 128 });
});

test('an option that is undefined counts as not given', async () => {
  expect(await planCache({ policy: 'full', budget: undefined, seed: undefined })).toMatchObject({
    budget: null,
  });
});

test.each(policyNames)('%s plans without options', async (policy) => {
  expect(await planCache({ policy })).toMatchObject({ policy, variant: 'paper' });
});

describe('a budget that is too small names the numbers and the way out', () => {
  test('sinks + recent + 1', async () => {
    const { code, message } = await failure({ budget: 20, recent: 16 });
    expect(code).toBe('BUDGET_TOO_SMALL');
    expect(message).toBe(
      "A budget of 20 leaves policy 'treekv' nothing to choose: sinks 4 + recent 16 + 1 = 21. " +
        'Raise the budget to 21 or more, or lower sinks or recent.',
    );
  });

  test('official variants', async () => {
    expect(await failure({ policy: 'tova', variant: 'official', budget: 0 })).toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
    expect(await failure({ policy: 'streaming-llm', variant: 'official', budget: 4 })).toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
  });
});

test.each<[object, string]>([
  [{ bugdet: 3 }, "Unknown cache option 'bugdet'. Did you mean 'budget'?"],
  [{ budget: 10.5 }, "Cache option 'budget' must be an integer of at least 0, not 10.5."],
  [{ budget: Infinity }, "Cache option 'budget' must be an integer of at least 0, not Infinity."],
  [{ budget: '64' }, 'Cache option \'budget\' must be an integer of at least 0, not "64".'],
  [{ sinks: -1 }, "Cache option 'sinks' must be an integer of at least 0, not -1."],
  [{ positions: 'relative' }, "Cache option 'positions' must be one of by-place, absolute, not 'relative'."],
  [{ score: 'total' }, "Cache option 'score' must be one of mean, sum, last, not 'total'."],
  [{ policy: 'h2o', score: 'sum' }, "Cache option 'score' does not apply to policy 'h2o'"],
  [
    { choice: 'keep-left', score: 'mean' },
    "Cache option 'score' has no effect beside choice 'keep-left', which reads no mass.",
  ],
  [{ rule: 'prosaic' }, "Cache option 'rule' must be one of prose, printed, not 'prosaic'."],
  [{ variant: 'offical' }, "Cache option 'variant' must be one of paper, official, not 'offical'."],
  [{ variant: 'official' }, "Policy 'treekv' has no official variant: no authors' code exists to follow."],
  [{ seed: 1 }, "Cache option 'seed' does not apply to policy 'treekv'; what applies is: variant, budget,"],
  [{ policy: 'random', seed: 2 ** 32 }, "Cache option 'seed' must be an integer from 0 to 4294967295"],
  [{ policy: 'h2o', rule: 'prose' }, "Cache option 'rule' does not apply to policy 'h2o'; what applies is:"],
  [
    { policy: 'h2o', variant: 'official', sinks: 4 },
    "Cache option 'sinks' does not apply to the official variant of policy 'h2o'; what applies is: variant, budget.",
  ],
  [{ policy: 'tova', variant: 'official', positions: 'by-place' }, 'the official variant of policy'],
  [{ policy: 'streaming-llm', variant: 'official', recent: 4 }, 'what applies is: variant, budget, sinks.'],
  [
    { policy: 'full', budget: 9 },
    "Cache option 'budget' does not apply to policy 'full'; what applies is: no option.",
  ],
  [{ policy: 'full', variant: 'paper' }, "Cache option 'variant' does not apply to policy 'full'"],
  [{ policy: 'full', positions: 'by-place' }, "Cache option 'positions' does not apply to policy 'full'"],
])('%o is refused', async (options, words) => {
  const { code, message } = await failure(options);
  expect(code).toBe('BAD_OPTION');
  expect(message).toContain(words);
});
