// Sums by context and bucket, whatever the pieces in which the numbers come.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NllSums } from './nllSums.ts';

test('pieces in order give the plain sums', () => {
  const drawn = fc.record({
    values: fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 60 }),
    cuts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 60, maxLength: 60 }),
    contexts: fc.uniqueArray(fc.integer({ min: 1, max: 70 }), { maxLength: 4 }),
    bucket: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(drawn, ({ values, cuts, contexts, bucket }) => {
      const nll = Float32Array.from(values);
      const sums = new NllSums(contexts, nll.length, bucket);
      for (let at = 0, i = 0; at < nll.length; at += cuts[i++]) sums.add(nll.subarray(at, at + cuts[i]), at);
      const plain = (from: number, to: number) => nll.slice(from, to).reduce((a, b) => a + b, 0);
      expect(sums.count).toBe(nll.length);
      expect(sums.sum).toBeCloseTo(plain(0, nll.length), 9);
      expect([...sums.ofContext].map((sum, c) => sum - plain(0, contexts[c])).map(Math.abs)).toEqual(
        contexts.map(() => expect.closeTo(0, 9)),
      );
      expect(sums.ofBucket.length).toBe(Math.ceil(nll.length / bucket));
      for (const [b, sum] of sums.ofBucket.entries()) {
        expect(sum).toBeCloseTo(plain(b * bucket, (b + 1) * bucket), 9);
      }
    }),
  );
});

test('sums are float64: a small number beside a large one is not lost', () => {
  const sums = new NllSums([2], 2, 4);
  sums.add(Float32Array.of(2 ** 24, 1), 0);
  expect([sums.sum, sums.ofContext[0], sums.ofBucket[0]]).toEqual([2 ** 24 + 1, 2 ** 24 + 1, 2 ** 24 + 1]);
});
