import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepBest, type Ties } from './keepBest.ts';

function kept(
  scores: readonly number[],
  before: number,
  after: number,
  chosen: number,
  ties: Ties,
): number[] {
  const list = new Int32Array(before + chosen + after);
  keepBest(Float64Array.from(scores), before, before + scores.length + after, ties, list);
  return [...list];
}

test('keeps what sorting would, for any number, ties and order', () => {
  const scores = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 60 }),
    fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 60 }),
    fc.array(fc.nat(), { minLength: 1, maxLength: 60 }).map((list) => list.sort((a, b) => a - b)),
  );
  const ends = fc.record({
    before: fc.nat(4),
    after: fc.nat(4),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const ties = fc.constantFrom<Ties>('older', 'newer');
  fc.assert(
    fc.property(scores, ends, ties, (list, { before, after, share }, which) => {
      const chosen = Math.round(share * list.length);
      const sign = which === 'older' ? 1 : -1;
      const best = list
        .map((score, i) => ({ score, i }))
        .sort((a, b) => (a.score === b.score ? sign * (a.i - b.i) : a.score < b.score ? 1 : -1))
        .slice(0, chosen)
        .map(({ i }) => before + i)
        .sort((a, b) => a - b);
      const first = Array.from({ length: before }, (_, i) => i);
      const last = Array.from({ length: after }, (_, i) => before + list.length + i);
      expect(kept(list, before, after, chosen, which)).toEqual([...first, ...best, ...last]);
    }),
    { numRuns: 500 },
  );
});

test('of equal scores the older or the newer stay, as asked', () => {
  expect(kept([1, 2, 1, 2, 1, 1], 0, 0, 4, 'older')).toEqual([0, 1, 2, 3]);
  expect(kept([1, 2, 1, 2, 1, 1], 0, 0, 4, 'newer')).toEqual([1, 3, 4, 5]);
});

test('a mass that is not a number is noticed', () => {
  expect(() => kept([1, Number.NaN, Number.NaN, 2], 0, 0, 2, 'older')).toThrow('not a number');
});
