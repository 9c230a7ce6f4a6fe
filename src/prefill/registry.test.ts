import { describe, expect, test } from 'vitest';
import { TreekvError } from '../core/index.ts';
import { type CacheOptions, type CachePlan, policies, policyNames } from '../policies/index.ts';
import { compressLayer } from './compress.ts';
import type { FullPrefillPlan, PrefillOptions } from './prefillMethod.ts';
import {
  findPrefillMethod,
  planPrefill,
  prefillMethodNames,
  prefillMethods,
  prefillModes,
} from './registry.ts';

function cachePlan({ policy = 'treekv', ...options }: CacheOptions = {}): CachePlan {
  const definition = policies.get(policy);
  if (definition === undefined) throw new Error(`no policy ${policy}`);
  return definition.plan(options);
}

function failure(options: object, cache: CachePlan): Pick<TreekvError, 'code' | 'message'> {
  try {
    return expect.fail(`planned ${JSON.stringify(planPrefill(options as PrefillOptions, cache))}`);
  } catch (error) {
    if (!(error instanceof TreekvError)) throw error;
    return { code: error.code, message: error.message };
  }
}

test('every name finds the method that bears it, and each has a summary', () => {
  expect(prefillMethodNames).toEqual([
    'treekv',
    'snapkv',
    'pyramidkv',
    'h2o',
    'tova',
    'streaming-llm',
    'full',
  ]);
  for (const [name, method] of prefillMethods) {
    expect(method.name).toBe(name);
    expect(findPrefillMethod(name)).toBe(method);
    expect(method.summary).toMatch(/^[A-Z].*\.$/);
  }
  expect([...prefillModes.keys()]).toEqual(['full', 'chunked']);
});

test('chunked has nothing to decide', () => {
  for (const policy of policyNames) {
    expect(planPrefill({ mode: 'chunked' }, cachePlan({ policy }))).toEqual({ mode: 'chunked' });
  }
});

test('the method is the one of the policy’s name', () => {
  for (const policy of policyNames.filter((name) => name !== 'random')) {
    expect(planPrefill({ mode: 'full' }, cachePlan({ policy }))).toMatchObject({
      mode: 'full',
      method: policy,
    });
  }
});

test('a plan says everything, in values that survive JSON', () => {
  const plan = (options: PrefillOptions, cache: CacheOptions = {}) => planPrefill(options, cachePlan(cache));
  const treekv = plan({ mode: 'full' }, { rule: 'printed' });
  expect(treekv).toEqual({
    mode: 'full',
    method: 'treekv',
    variant: 'paper',
    budget: 1024,
    sinks: 4,
    recent: 508,
    selected: 512,
    block: 8,
    rule: 'printed',
    choice: 'score',
    score: 'mean',
  });
  const snapkv = plan({ mode: 'full', method: 'snapkv' });
  expect(snapkv).toEqual({
    mode: 'full',
    method: 'snapkv',
    variant: 'official',
    budget: 1024,
    sinks: 0,
    recent: 32,
    selected: 992,
    window: 32,
    kernel: 7,
    pooling: 'max',
  });
  const h2o = plan({ mode: 'full' }, { policy: 'h2o', variant: 'official' });
  expect(h2o).toEqual({
    mode: 'full',
    method: 'h2o',
    variant: 'official',
    budget: 1024,
    sinks: 0,
    recent: 512,
    selected: 512,
  });
  const full = plan({ mode: 'full' }, { policy: 'full' });
  for (const one of [treekv, snapkv, h2o, full]) expect(JSON.parse(JSON.stringify(one))).toEqual(one);
});

test('treekv after another policy walks as the prose says and chooses by score', () => {
  expect(planPrefill({ mode: 'full', method: 'treekv' }, cachePlan({ policy: 'h2o' }))).toMatchObject({
    rule: 'prose',
    choice: 'score',
  });
});

test('an option that is undefined counts as not given', () => {
  const options = { mode: 'full', method: undefined, window: undefined } as const;
  expect(planPrefill(options, cachePlan())).toMatchObject({ method: 'treekv' });
  expect(planPrefill({ mode: 'chunked', method: undefined }, cachePlan())).toEqual({ mode: 'chunked' });
});

test('a budget that a method cannot use names the numbers and the way out', () => {
  const { code, message } = failure({ mode: 'full', method: 'snapkv' }, cachePlan({ budget: 32 }));
  expect(code).toBe('BUDGET_TOO_SMALL');
  expect(message).toBe(
    "A budget of 32 leaves prefill method 'snapkv' nothing to choose beside its window of 32. Raise the budget to " +
      '33 or more, or lower window.',
  );
  const official = cachePlan({ policy: 'tova', variant: 'official', budget: 4 });
  expect(failure({ mode: 'full', method: 'streaming-llm' }, official).code).toBe('BUDGET_TOO_SMALL');
});

describe('is refused', () => {
  test.each<[object, CacheOptions, string]>([
    [{}, {}, "Prefill option 'mode' must be one of full, chunked, not undefined."],
    [{ mode: 'ful' }, {}, "Prefill option 'mode' must be one of full, chunked, not 'ful'."],
    [{ mode: 'full', metod: 'h2o' }, {}, "Unknown prefill option 'metod'. Did you mean 'method'?"],
    [{ mode: 'full', method: 'snapvk' }, {}, "Unknown prefill method 'snapvk'. Did you mean 'snapkv'?"],
    [{ mode: 'full', method: 'toString' }, {}, "Unknown prefill method 'toString'."],
    [
      { mode: 'chunked', method: 'h2o' },
      {},
      "Prefill option 'method' does not apply to mode 'chunked', in which the cache's policy evicts; what applies " +
        'is: no option.',
    ],
    [{ mode: 'chunked', block: 8 }, {}, "Prefill option 'block' does not apply to mode 'chunked'"],
    [
      { mode: 'full', window: 8 },
      {},
      "Prefill option 'window' does not apply to method 'treekv'; what applies is: block.",
    ],
    [{ mode: 'full', method: 'snapkv', block: 8 }, {}, 'what applies is: window, kernel, pooling.'],
    [
      { mode: 'full', kernel: 3 },
      { policy: 'h2o' },
      "does not apply to method 'h2o'; what applies is: no option.",
    ],
    [{ mode: 'full', block: 0 }, {}, "Prefill option 'block' must be an integer of at least 1, not 0."],
    [{ mode: 'full', block: '8' }, {}, 'Prefill option \'block\' must be an integer of at least 1, not "8".'],
    [{ mode: 'full', block: 1024 }, {}, 'The largest block is'],
    [{ mode: 'full', method: 'snapkv', window: 0 }, {}, "'window' must be an integer of at least 1, not 0."],
    [
      { mode: 'full', method: 'snapkv', kernel: 4 },
      {},
      "'kernel' must be odd, to have a place in the middle",
    ],
    [
      { mode: 'full', method: 'snapkv', kernel: 2.5 },
      {},
      "'kernel' must be an integer from 1 to 1023, not 2.5.",
    ],
    [
      { mode: 'full', method: 'pyramidkv', pooling: 'mean' },
      {},
      "'pooling' must be one of max, avg, not 'mean'.",
    ],
    [
      { mode: 'full' },
      { policy: 'random' },
      "Policy 'random' has no prefill method of its own. Name one (treekv,",
    ],
    [
      { mode: 'full', method: 'full' },
      {},
      "Prefill method 'full' keeps the whole prompt, but policy 'treekv' keeps 1024 entries.",
    ],
    [
      { mode: 'full', method: 'h2o' },
      { policy: 'full' },
      "Prefill method 'h2o' compresses the prompt, but policy 'full' keeps everything",
    ],
  ])('%o with cache %o', (options, cache, words) => {
    const { code, message } = failure(options, cachePlan(cache));
    expect(code).toBe('BAD_OPTION');
    expect(message).toContain(words);
  });

  test('mass of another size than the entries', () => {
    const plan = planPrefill({ mode: 'full' }, cachePlan()) as FullPrefillPlan;
    const view = { heads: 2, length: 4, queries: 4, mass: new Float32Array(7) };
    expect(() => compressLayer(plan, view, 1024)).toThrow('7 numbers for 2 heads of 4 entries, 4 queries');
  });
});
