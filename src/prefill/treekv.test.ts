// TreeKV on blocks: against the decode policy where a block is one token, and against the walk written naively
// where it is longer.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashUnit } from '../core/index.ts';
import { type CacheOptions, treekv as policy, type ScopeScore } from '../policies/index.ts';
import { type Attention, SimulatedCache } from '../policies/simulate.testing.ts';
import { maps, rowsOf, viewOf } from './attentionMap.testing.ts';
import { compressLayer, handOverState, scoredQueries } from './compress.ts';
import type { FullPrefillPlan, PrefillView } from './prefillMethod.ts';
import { planPrefill } from './registry.ts';

function planned(cache: CacheOptions, block?: number): FullPrefillPlan {
  const plan = planPrefill({ mode: 'full', method: 'treekv', block }, policy.plan(cache));
  if (plan.mode !== 'full') throw new Error('no compression');
  return plan;
}

const split = fc.record({
  sinks: fc.integer({ min: 0, max: 3 }),
  recent: fc.integer({ min: 0, max: 5 }),
  selected: fc.integer({ min: 1, max: 12 }),
});
const form = fc.record({
  rule: fc.constantFrom('prose' as const, 'printed' as const),
  choice: fc.constantFrom('score' as const, 'keep-left' as const, 'keep-right' as const),
  score: fc.constantFrom('mean' as const, 'last' as const),
});

test('with blocks of one token it is the walk of decoding, and decoding goes on as if it had never been', () => {
  const run = fc.record({
    seed: fc.nat(1e6),
    levels: fc.integer({ min: 1, max: 40 }),
    prompt: fc.integer({ min: 1, max: 120 }),
    decoded: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(split, form, run, (drawn, { rule, choice, score }, { seed, levels, prompt, decoded }) => {
      const { sinks, recent, selected } = drawn;
      const walk = { rule, choice, ...(choice === 'score' && { score }) };
      const cache = policy.plan({ budget: sinks + recent + selected, sinks, recent, ...walk });
      const shape = { heads: 2, layer: 0 };
      // Every query gives a token the same mass, so that S / C, and the last mass, is its score at all times.
      const fixed: Attention = (head, _query, tokens) =>
        tokens.map((token) => Math.floor(hashUnit(seed, head, token, 0) * levels));

      const walked = new SimulatedCache(policy.create(cache, shape), 2, fixed);
      for (let i = 0; i < prompt; i++) walked.step(1);

      const plan = planned({ budget: cache.budget ?? 0, sinks, recent, ...walk }, 1);
      const queries = scoredQueries(plan, prompt);
      expect(queries).toBe(choice === 'score' ? 1 : 0);
      const all = Array.from({ length: prompt }, (_, token) => token);
      const mass = Float32Array.from(queries === 0 ? [] : [...fixed(0, 0, all), ...fixed(1, 0, all)]);
      const compressed = compressLayer(plan, { heads: 2, length: prompt, queries, mass }, plan.budget ?? 0);
      expect(rowsOf(compressed.kept, 2)).toEqual(walked.kept);

      const going = new SimulatedCache(policy.create(cache, shape), 2, fixed);
      going.kept = rowsOf(compressed.kept, 2);
      going.seen = prompt;
      going.policy.restore(handOverState(policy, cache, compressed, prompt));
      for (let i = 0; i < decoded; i++) expect(going.step(1).kept).toEqual(walked.step(1).kept);
    }),
    { numRuns: 300 },
  );
});

interface Block {
  readonly places: readonly number[];
  readonly score: number;
}

/** The blocks of a head, cut from the end, with the mean of their tokens' mass. */
function naiveBlocks(view: PrefillView, head: number, size: number): Block[] {
  const blocks: Block[] = [];
  for (let end = view.length; end > 0; end -= size) {
    const places = Array.from({ length: view.length }, (_, i) => i).slice(Math.max(0, end - size), end);
    const sum = places.reduce((total, place) => total + view.mass[head * view.length + place], 0);
    blocks.unshift({ places, score: sum / places.length });
  }
  return blocks;
}

/** Algorithm 1 over blocks, 1-based as printed; returns the places kept and idx afterwards. */
function naiveWalk(blocks: readonly Block[], plan: FullPrefillPlan, size: number) {
  const { budget, sinks, recent, rule } = plan;
  const short = blocks[0].places.length < size;
  const isSink = (block: Block) => block.places[0] < sinks || (short && block.places[0] === 0);
  const sinkBlocks = blocks.filter(isSink).length;
  const recentBlocks = Math.ceil(recent / size);
  const c = Math.floor((budget ?? 0) / size) - sinkBlocks - recentBlocks;
  const cache: Block[] = [];
  let idx = 1;
  for (const block of blocks) {
    cache.push(block);
    if (cache.length <= sinkBlocks + c + recentBlocks) continue;
    const left = sinkBlocks + idx - 1;
    cache.splice(cache[left].score > cache[left + 1].score ? left + 1 : left, 1);
    idx = rule === 'printed' ? ((idx + 1) % c) + 1 : (idx % c) + 1;
  }
  const scope = cache.slice(0, sinkBlocks + idx - 1).flatMap(({ places }) => places).length;
  return { places: cache.flatMap(({ places }) => places), scope };
}

test('on blocks of any size it keeps what the naive walk keeps, and stands where that stands', () => {
  const sizes = fc.record({ size: fc.integer({ min: 1, max: 7 }), extra: fc.integer({ min: 0, max: 5 }) });
  const rules = fc.constantFrom('prose' as const, 'printed' as const);
  fc.assert(
    fc.property(maps(140), split, sizes, rules, (map, drawn, { size, extra }, rule) => {
      const { sinks, recent, selected } = drawn;
      // Room for the blocks that sinks and recent touch at worst, and for `selected` more.
      const blocks =
        (sinks === 0 ? 1 : 1 + Math.ceil((sinks - 1) / size)) + Math.ceil(recent / size) + selected;
      const budget = blocks * size + Math.min(extra, size - 1);
      const plan = planned({ budget, sinks, recent, rule }, size);
      const view = viewOf(map, scoredQueries(plan, map.length));
      const { kept, scope } = compressLayer(plan, view, budget);
      if (map.length <= budget) {
        expect(kept.length).toBe(map.heads * map.length);
        expect(scope).toBe(0);
        return;
      }
      const naive = Array.from({ length: map.heads }, (_, head) =>
        naiveWalk(naiveBlocks(view, head, size), plan, size),
      );
      expect(rowsOf(kept, map.heads)).toEqual(naive.map(({ places }) => places));
      expect(scope).toBe(naive[0].scope);
    }),
    { numRuns: 400 },
  );
});

test('sum and mean keep the same; last keeps what the last query alone would', () => {
  const sizes = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(maps(140), split, sizes, (map, { sinks, recent, selected }, size) => {
      const budget = size * (1 + sinks + Math.ceil(recent / size) + selected);
      const kept = (score: ScopeScore, queries?: number) => {
        const plan = planned({ budget, sinks, recent, score }, size);
        const view = viewOf(map, queries ?? scoredQueries(plan, map.length));
        return [...compressLayer(plan, view, budget).kept];
      };
      expect(kept('sum')).toEqual(kept('mean'));
      expect(kept('last')).toEqual(kept('mean', 1));
    }),
    { numRuns: 200 },
  );
});

/** The places kept of a prompt whose token's mass is given; one head. */
function keptOf(plan: FullPrefillPlan, mass: readonly number[]): number[] {
  const queries = scoredQueries(plan, mass.length);
  const view = { heads: 1, length: mass.length, queries, mass: Float64Array.from(mass) };
  return [...compressLayer(plan, view, plan.budget ?? 0).kept];
}

describe('blocks', () => {
  const plain = planned({ budget: 4, sinks: 0, recent: 0 }, 2);

  test('are judged by the mean of their tokens: the paper’s plain form', () => {
    // Blocks (0 1) (2 3) (4 5): the first pair meets when the third block comes.
    expect(keptOf(plain, [0, 5, 3, 3, 9, 9])).toEqual([2, 3, 4, 5]);
    expect(keptOf(plain, [0, 7, 3, 3, 0, 0])).toEqual([0, 1, 4, 5]);
  });

  test('of equal means lose the older one', () => {
    expect(keptOf(plain, [1, 1, 1, 1, 1, 1])).toEqual([2, 3, 4, 5]);
  });

  test('are cut from the end: a short first one stays and counts as a block', () => {
    const plan = planned({ budget: 6, sinks: 0, recent: 0 }, 2);
    // (0) (1 2) (3 4) (5 6): the walk begins behind the short block.
    expect(keptOf(plan, [0, 1, 1, 2, 2, 3, 3])).toEqual([0, 3, 4, 5, 6]);
  });

  test('that hold a sink or a recent entry stay whole', () => {
    const plan = planned({ budget: 20, sinks: 3, recent: 5 }, 4);
    // (0 1) (2-5) hold the sinks, (14-17) (18-21) the recent; of (6-9) and (10-13) one stays.
    const mass = (place: number) => (place >= 6 && place < 10 ? 2 : 0);
    const kept = keptOf(
      plan,
      Array.from({ length: 22 }, (_, place) => mass(place)),
    );
    expect(kept).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 19, 20, 21]);
  });

  test('leave what does not fill a block of the budget unused', () => {
    const plan = planned({ budget: 7, sinks: 0, recent: 0 }, 2);
    expect(keptOf(plan, new Array(8).fill(1))).toHaveLength(6);
    expect(keptOf(plan, new Array(7).fill(1))).toHaveLength(7);
  });

  test('longer than the prompt score it with all its queries, and all of it stays', () => {
    const plan = planned({ budget: 64, sinks: 0, recent: 0 }, 16);
    expect(scoredQueries(plan, 5)).toBe(5);
    expect(scoredQueries(plan, 500)).toBe(16);
    expect(keptOf(plan, [1, 2, 3, 4, 5])).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the block', () => {
  test('is 8, or the largest below that fits the split', () => {
    expect(planned({}).block).toBe(8);
    expect(planned({ budget: 16 }).block).toBe(4);
    expect(planned({ budget: 6, sinks: 4, recent: 1 }).block).toBe(1);
    fc.assert(
      fc.property(split, ({ sinks, recent, selected }) => {
        const { block = 0 } = planned({ budget: sinks + recent + selected, sinks, recent });
        expect(block).toBeGreaterThanOrEqual(1);
        expect(block).toBeLessThanOrEqual(8);
      }),
    );
  });

  test('that leaves nothing to choose is refused with the largest that does', () => {
    expect(() => planned({ budget: 16 }, 8)).toThrow(
      "Prefill option 'block': a budget of 16 is 2 whole blocks of 8, which sinks 4 and recent 4, rounded up to " +
        'blocks, may fill. The largest block is 4.',
    );
    expect(() => planned({ budget: 16 }, 4)).not.toThrow();
  });

  test('a split without selected entries leaves no block at all', () => {
    const cache = { ...policy.plan({ budget: 8 }), sinks: 4, recent: 4, selected: 0 };
    expect(() => planPrefill({ mode: 'full' }, cache)).toThrow(
      expect.objectContaining({ code: 'BUDGET_TOO_SMALL' }),
    );
  });
});

test('the walk goes on at the token where the block walk stood', () => {
  const cache: CacheOptions = { budget: 16, sinks: 0, recent: 0, choice: 'keep-left' };
  const plan = planned(cache, 4);
  const view = { heads: 1, length: 24, queries: 0, mass: new Float64Array(0) };
  const compressed = compressLayer(plan, view, 16);
  // 6 blocks in 4 places: two turns, so the scope stands at the third block, which is the ninth token kept.
  expect([...compressed.kept]).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23]);
  expect(compressed.scope).toBe(8);
  const cachePlan = policy.plan(cache);
  expect(handOverState(policy, cachePlan, compressed, 24)).toEqual({ turn: Float64Array.of(8) });
  const going = new SimulatedCache(policy.create(cachePlan, { heads: 1, layer: 0 }), 1, () => []);
  going.kept = [[...compressed.kept]];
  going.seen = 24;
  going.policy.restore(handOverState(policy, cachePlan, compressed, 24));
  expect([...going.step(1).evicted]).toEqual([9]);
});
