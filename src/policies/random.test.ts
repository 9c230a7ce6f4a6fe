import { expect, test } from 'vitest';
import { random } from './random.ts';
import { keptAfter, simulate } from './simulate.testing.ts';

const options = { budget: 20, sinks: 2, recent: 4 };

test('another seed, layer or head draws otherwise', () => {
  const scenario = { definition: random, options };
  const kept = keptAfter(scenario, 200);
  expect(keptAfter({ ...scenario, options: { ...options, seed: 1 } }, 200)).not.toEqual(kept);
  expect(keptAfter({ ...scenario, layer: 1 }, 200)).not.toEqual(kept);
  const [first, second] = simulate({ ...scenario, heads: 2 }, Array<number>(200).fill(1)).at(-1)?.kept ?? [];
  expect(second).not.toEqual(first);
});

test('every candidate leaves about equally often', () => {
  const steps = simulate({ definition: random, options }, [20, ...Array<number>(15_000).fill(1)]);
  const counts = new Map<number, number>();
  for (const { evicted } of steps.slice(1)) counts.set(evicted[0], (counts.get(evicted[0]) ?? 0) + 1);
  // 15 candidates, places 2 .. 16, 1000 draws each, standard deviation 31
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i + 2));
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 31);
});
