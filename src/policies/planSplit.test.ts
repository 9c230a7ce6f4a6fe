// The split of one layer that keeps another number of entries than the plan says; the plans themselves are
// tested in options.test.ts.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { full } from './full.ts';
import { h2o } from './h2o.ts';
import { planLayer } from './planSplit.ts';
import { streamingLlm } from './streamingLlm.ts';
import { treekv } from './treekv.ts';

test('a layer of the plan’s own budget has the plan', () => {
  const plan = treekv.plan({});
  expect(planLayer(plan, 1024)).toBe(plan);
  const all = full.plan({});
  expect(planLayer(all, Infinity)).toBe(all);
});

test('another budget keeps the sinks and divides the rest in proportion', () => {
  expect(planLayer(treekv.plan({ rule: 'printed' }), 514)).toEqual({
    ...treekv.plan({ rule: 'printed' }),
    budget: 514,
    recent: 254,
    selected: 256,
  });
  const official = h2o.plan({ variant: 'official', budget: 64 });
  expect(planLayer(official, 100)).toMatchObject({ sinks: 0, recent: 50, selected: 50 });
  const window = streamingLlm.plan({ variant: 'official', budget: 64 });
  expect(planLayer(window, 30)).toMatchObject({ sinks: 4, recent: 26, selected: 0 });
});

test('one selected entry is always left', () => {
  const splits = fc.record({
    sinks: fc.nat(8),
    recent: fc.nat(40),
    selected: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(splits, fc.integer({ min: 1, max: 200 }), ({ sinks, recent, selected }, more) => {
      const plan = treekv.plan({ budget: sinks + recent + selected, sinks, recent });
      const layer = planLayer(plan, sinks + more);
      expect(layer.selected).toBeGreaterThanOrEqual(1);
      expect(layer.sinks + layer.recent + layer.selected).toBe(sinks + more);
    }),
  );
});

test('a layer without room beside the sinks is refused', () => {
  expect(() => planLayer(treekv.plan({}), 4)).toThrow(expect.objectContaining({ code: 'BUDGET_TOO_SMALL' }));
});
