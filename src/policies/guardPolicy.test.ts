// What a policy module may get wrong, one fault a test: each is named with the module, and with layer, head and rank.
import { describe, expect, test } from 'vitest';
import { TreekvError } from '../core/index.ts';
import { guardPolicy } from './guardPolicy.ts';
import type { CachePlan, Policy, PolicyDefinition, StepView } from './policy.ts';
import { policies } from './registry.ts';

const plan: CachePlan = {
  ...{ policy: './mine.mjs', variant: 'paper', positions: 'by-place' },
  ...{ budget: 8, sinks: 2, recent: 3, selected: 3 },
};

/** A sound policy, but for what is given. */
function mine(policy: Partial<Policy> = {}, own: Partial<PolicyDefinition> = {}): PolicyDefinition {
  const sound: Policy = {
    asks: 'none',
    budget: 8,
    step: (_view, evicted) => evicted.set(named(evicted, [2, 3])),
    state: () => ({}),
    restore: () => {},
  };
  const definition: PolicyDefinition = {
    name: 'mine',
    summary: 'For tests.',
    plan: () => plan,
    create: () => ({ ...sound, ...policy }),
    ...own,
  };
  return guardPolicy(definition, 'mine.mjs');
}

function named(evicted: Int32Array, ranks: readonly number[]): number[] {
  return Array.from(evicted, (_, i) => ranks[i % 2]);
}

/** A step of two heads in which two of ten entries leave. */
const view: StepView = {
  ...{ heads: 2, before: 8, added: 2, stride: 12, seen: 10 },
  mass: new Float32Array(0),
  tokens: Int32Array.from({ length: 24 }, (_, i) => i % 12),
};

function fault(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function stepping(step: Policy['step']): unknown {
  const policy = mine({ step }).create(plan, { heads: 2, layer: 5 });
  return fault(() => policy.step(view, new Int32Array(4)));
}

describe('ranks that may not leave are refused:', () => {
  const ranks: readonly (readonly [string, readonly number[], object, RegExp])[] = [
    ['beyond the step', [2, 3, 2, 10], { head: 1, rank: 10 }, /rank 10 leave, which is not in 0 .. 9/],
    ['negative', [-1, 3, 2, 3], { head: 0, rank: -1 }, /rank -1 leave, which is not in/],
    ['twice', [2, 3, 4, 4], { head: 1, rank: 4 }, /rank 4 leave twice/],
    ['not ascending', [4, 3, 2, 3], { head: 0, rank: 3 }, /rank 3 after 4/],
    ['a sink', [1, 3, 2, 3], { head: 0, rank: 1 }, /rank 1 leave, one of the 2 sinks/],
    ['a recent entry', [2, 3, 2, 7], { head: 1, rank: 7 }, /rank 7 leave, one of the 3 recent entries/],
  ];
  test.each(ranks)('%s', (_name, leaving, where, words) => {
    const error = stepping((_view, evicted) => evicted.set(leaving));
    expect(error).toBeInstanceOf(TreekvError);
    expect(error).toMatchObject({
      code: 'BAD_POLICY',
      message: expect.stringMatching(words),
      details: { module: 'mine.mjs', layer: 5, ...where },
    });
    expect(error).toMatchObject({ message: expect.stringContaining('layer 5') });
  });

  test('too few, though an earlier step left ranks in the array', () => {
    const policy = mine({ step: (_view, evicted) => evicted.set([2]) }).create(plan, { heads: 2, layer: 0 });
    const stale = Int32Array.of(2, 3, 2, 3);
    expect(fault(() => policy.step(view, stale))).toMatchObject({
      code: 'BAD_POLICY',
      message: expect.stringContaining('named 1 ranks that leave in step(), where 2 must'),
    });
  });
});

test('sound ranks pass, at both ends of what may leave', () => {
  expect(stepping((_view, evicted) => evicted.set([2, 6, 5, 6]))).toBeUndefined();
});

test('what the module throws is its own fault, with its words and its error as the cause', () => {
  const thrown = new RangeError('no such column');
  const error = stepping(() => {
    throw thrown;
  });
  expect(error).toMatchObject({
    code: 'BAD_POLICY',
    message: expect.stringContaining('mine.mjs failed in step(): RangeError: no such column'),
    cause: thrown,
  });
});

test('an option that the module refuses is BAD_OPTION as ever', () => {
  const refuse = (): never => {
    throw new TreekvError('BAD_OPTION', 'budget must be even');
  };
  expect(fault(() => mine({}, { plan: refuse }).plan({}))).toMatchObject({ code: 'BAD_OPTION' });
});

describe('a plan that is none is refused:', () => {
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['a promise', Promise.resolve(plan), /no plan/],
    ['nothing', undefined, /no plan/],
    [
      'a budget of text',
      { ...plan, budget: '8' },
      /'budget' must be an integer of at least 1, or null for all, not "8"/,
    ],
    ['a budget of none', { ...plan, budget: 0 }, /'budget' must be .* not 0/],
    ['a fraction', { ...plan, sinks: 1.5 }, /'sinks' must be .* not 1.5/],
    [
      'parts that do not add up',
      { ...plan, recent: 4 },
      /sinks \+ recent \+ selected are 9, not the budget of 8/,
    ],
    ['other positions', { ...plan, positions: 'relative' }, /'positions' must be .* not "relative"/],
  ];
  test.each(wrong)('%s', (_name, value, words) => {
    const error = fault(() => mine({}, { plan: () => value as CachePlan }).plan({}));
    expect(error).toMatchObject({ code: 'BAD_POLICY', message: expect.stringMatching(words) });
  });
});

describe('a policy that is none is refused:', () => {
  const create = (policy: Partial<Policy>) => fault(() => mine(policy).create(plan, { heads: 2, layer: 1 }));
  const broken = (policy: Partial<Record<keyof Policy, unknown>>) => create(policy as Partial<Policy>);

  test('without a step', () => {
    expect(broken({ step: undefined })).toMatchObject({ message: expect.stringContaining('no step()') });
  });

  test('with another budget than its plan, at once or later', () => {
    expect(create({ budget: 9 })).toMatchObject({ message: expect.stringContaining('budget 9') });
    const inner = { budget: 8 };
    const policy = mine({}, { create: () => Object.assign(inner, soundParts()) }).create(plan, {
      heads: 2,
      layer: 1,
    });
    inner.budget = 7;
    expect(fault(() => policy.step(view, new Int32Array(4)))).toMatchObject({
      message: expect.stringContaining('changed its budget from 8 to 7'),
    });
  });

  test('that asks for what there is not', () => {
    const policy = mine({ asks: 'some' as Policy['asks'] }).create(plan, { heads: 2, layer: 1 });
    expect(fault(() => policy.asks)).toMatchObject({ message: expect.stringContaining("'some'") });
  });

  test('that decides later', () => {
    const step = (async (_view: StepView, evicted: Int32Array) => {
      evicted.set([2, 3, 2, 3]);
    }) as unknown as Policy['step'];
    expect(stepping(step)).toMatchObject({ message: expect.stringContaining('returned a promise') });
  });

  test('that remembers what no snapshot can hold', () => {
    const state = () => ({ sums: [1, 2] }) as unknown as ReturnType<Policy['state']>;
    const policy = mine({ state }).create(plan, { heads: 2, layer: 1 });
    expect(fault(() => policy.state())).toMatchObject({
      code: 'BAD_POLICY',
      message: expect.stringContaining("'sums'"),
    });
  });
});

function soundParts(): Omit<Policy, 'budget'> {
  return {
    asks: 'none',
    step: (_view, evicted) => evicted.set([2, 3, 2, 3]),
    state: () => ({}),
    restore: () => {},
  };
}

test('what a policy writes into the list of tokens does not reach the cache', () => {
  const tokens = view.tokens.slice();
  stepping((seen, evicted) => {
    (seen.tokens as Int32Array).fill(99);
    evicted.set([2, 3, 2, 3]);
  });
  expect(view.tokens).toEqual(tokens);
});

test.each([...policies.values()].filter(({ name }) => name !== 'full'))(
  'the built-in $name passes the checks, its state and hand-over too',
  (definition) => {
    const guarded = guardPolicy(definition, definition.name);
    const own = guarded.plan({ budget: 8, sinks: 2, recent: 3 });
    const policy = guarded.create(own, { heads: 2, layer: 0 });
    for (let before = 0; before < 8; before += 2) {
      policy.step(
        { ...view, before, seen: before + 2, mass: new Float32Array(2 * (before + 2)).fill(0.1) },
        new Int32Array(0),
      );
    }
    policy.step({ ...view, mass: new Float32Array(20).fill(0.1) }, new Int32Array(4));
    policy.restore(policy.state());
    const left = { sums: new Float64Array(16), queries: 4, scope: 0, seen: 8 };
    expect(guarded.handOver?.(own, left) ?? {}).toBeTypeOf('object');
    expect(guarded.card?.(own)).toBeDefined();
  },
);
