// What the contract promises, for every method that compresses, on random attention of random prompts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AttentionMap, maps, rowsOf, viewOf } from './attentionMap.testing.ts';
import { compressLayer, layerBudgets, scoredQueries } from './compress.ts';
import { everyForm, plansOf, splits } from './forms.testing.ts';
import type { FullPrefillPlan } from './prefillMethod.ts';

const layers = 3;

/** The layers' kept places of a prompt; the layers' attention is the same. */
function compressed(plan: FullPrefillPlan, map: AttentionMap) {
  const view = viewOf(map, scoredQueries(plan, map.length));
  const budgets = layerBudgets(plan, layers, map.length);
  return budgets.map((budget) => ({ budget, ...compressLayer(plan, view, budget) }));
}

describe.each(everyForm)('$title', (form) => {
  test('keeps places that are ascending, unique and in range, within the budget', () => {
    fc.assert(
      fc.property(splits, maps(90), (split, map) => {
        const { plan } = plansOf(form, split);
        for (const { kept, budget } of compressed(plan, map)) {
          const perHead = kept.length / map.heads;
          expect(Number.isInteger(perHead)).toBe(true);
          expect(perHead).toBeLessThanOrEqual(budget);
          // Whole blocks may leave a block's rest of the budget unused, and a short first block its gap.
          if (plan.method !== 'treekv') expect(perHead).toBe(Math.min(map.length, budget));
          else expect(perHead).toBeGreaterThan(Math.min(map.length, budget) - 2 * (plan.block ?? 0));
          for (const row of rowsOf(kept, map.heads)) {
            for (const [i, place] of row.entries()) {
              expect(place).toBeGreaterThanOrEqual(i === 0 ? 0 : row[i - 1] + 1);
              expect(place).toBeLessThan(map.length);
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  test('keeps sinks and recent entries, or the window', () => {
    fc.assert(
      fc.property(splits, maps(90), (split, map) => {
        const { plan } = plansOf(form, split);
        const places = Array.from({ length: map.length }, (_, place) => place);
        const safe = places.filter((place) => place < plan.sinks || place >= map.length - plan.recent);
        for (const { kept } of compressed(plan, map)) {
          for (const row of rowsOf(kept, map.heads)) expect(row).toEqual(expect.arrayContaining(safe));
        }
      }),
      { numRuns: 25 },
    );
  });

  test('keeps a prompt whole that the budget holds', () => {
    fc.assert(
      fc.property(splits, maps(24), (split, map) => {
        const { plan } = plansOf(form, split);
        if (map.length > (plan.budget ?? 0)) return;
        for (const { kept, scope } of compressed(plan, map)) {
          for (const row of rowsOf(kept, map.heads)) expect(row).toHaveLength(map.length);
          expect(scope).toBe(0);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('decides the same when given the same', () => {
    fc.assert(
      fc.property(splits, maps(90), (split, map) => {
        const { plan } = plansOf(form, split);
        expect(compressed(plan, map)).toEqual(compressed(plan, map));
      }),
      { numRuns: 20 },
    );
  });

  test('hands over the mass of what it keeps', () => {
    fc.assert(
      fc.property(splits, maps(90), (split, map) => {
        const { plan } = plansOf(form, split);
        const queries = scoredQueries(plan, map.length);
        const { mass } = viewOf(map, queries);
        for (const layer of compressed(plan, map)) {
          const perHead = layer.kept.length / map.heads;
          const expected = Array.from(layer.kept, (place, i) =>
            queries === 0 ? 0 : mass[Math.floor(i / perHead) * map.length + place],
          );
          expect([...layer.sums]).toEqual(expected);
          expect(layer.queries).toBe(queries);
        }
      }),
      { numRuns: 20 },
    );
  });
});
