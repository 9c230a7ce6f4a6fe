// What tools/results.sh says of a run beside the published one.
import { expect, it } from 'vitest';
import { compareUnits } from '../tools/compareUnits.ts';

const scored = (text: string) => ({ ...unit, score: { text } });
const summed = (...sums: number[]) => ({ ...unit, sums });
const unit = { key: 'a', sums: [1, 2], score: { text: '7' }, measured: { milliseconds: 5 }, trace: 'x' };

it('times and traces count for nothing', () => {
  const again = { ...unit, measured: { milliseconds: 9 }, trace: 'y' };
  expect(compareUnits([unit], [again])).toEqual({ both: 1, single: 0, equal: 1, largest: null, others: [] });
});

it('of numbers the largest relative difference is named with its place', () => {
  const { equal, largest } = compareUnits([unit], [summed(1.001, 2.5)]);
  expect(equal).toBe(0);
  expect(largest?.at).toBe('a sums 1');
  expect(largest?.difference).toBeCloseTo(0.2, 12);
});

it('other values that differ, and values that only one has, are listed by place', () => {
  expect(compareUnits([unit], [scored('8')]).others).toEqual(['a score text']);
  expect(compareUnits([unit], [summed(1, 2, 3)]).others).toEqual(['a sums 2']);
});

it('units that only one run has are counted, whichever it is', () => {
  const more = { ...unit, key: 'b' };
  expect(compareUnits([unit, more], [unit])).toMatchObject({ both: 1, single: 1, equal: 1 });
  expect(compareUnits([unit], [unit, more])).toMatchObject({ both: 1, single: 1, equal: 1 });
});
