// Buckets against a plain loop over tokens, for any steps and any place at which the meter is rebuilt.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../core/index.ts';
import { BucketMeter, emptyBucket, type StepFigures, type StreamBucket } from './bucketMeter.ts';

const POLICIES = 2;

/** A stream of likelihoods, one in eight tokens not scored. */
function streamOf(total: number): { targets: Int32Array; nll: Float32Array[] } {
  const random = new Random(total);
  const targets = Int32Array.from({ length: total }, () => (random.next() < 0.125 ? -1 : 5));
  const nll = Array.from({ length: POLICIES }, () => Float32Array.from(targets, () => random.next() * 9));
  return { targets, nll };
}

/** The step that reads the tokens from .. to - 1; a millisecond a token in the first batch, two in the second. */
function stepOf({ targets, nll }: ReturnType<typeof streamOf>, from: number, to: number): StepFigures {
  const own = targets.subarray(from, to);
  return {
    targets: own,
    nll: nll.map((values) => values.slice(from, to).filter((_, t) => own[t] >= 0)),
    milliseconds: [to - from, 2 * (to - from)],
    cacheBytes: [to, 10],
    rssBytes: 1000 + to,
  };
}

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });

test('sums are those of a plain loop, however the stream is stepped and wherever the meter is rebuilt', () => {
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 50 }), fc.nat(30), (steps, size, rebuildAt) => {
      const total = steps.reduce((sum, length) => sum + length, 0);
      const stream = streamOf(total);
      let meter = new BucketMeter({ size, total }, emptyBucket(POLICIES, 2), 0);
      const buckets: StreamBucket[] = [];
      let at = 0;
      for (const [i, length] of steps.entries()) {
        if (i === rebuildAt) {
          const saved = JSON.parse(JSON.stringify(meter.open)) as StreamBucket;
          meter = new BucketMeter({ size, total }, saved, 1);
        }
        buckets.push(...meter.take(stepOf(stream, at, at + length)));
        at += length;
      }
      expect(buckets.map(({ from }) => from)).toEqual(
        Array.from({ length: Math.ceil(total / size) }, (_, b) => b * size),
      );
      for (const { key, from, to, scored, sums, measured } of buckets) {
        expect(key).toBe(String(from / size));
        expect(to).toBe(Math.min(total, from + size));
        const expected = [0, 0];
        let count = 0;
        for (let i = from; i < to; i++) {
          if (stream.targets[i] < 0) continue;
          count++;
          for (const [p, values] of stream.nll.entries()) expected[p] += values[i];
        }
        expect({ scored, sums }).toEqual({ scored: count, sums: expected });
        expect(measured.milliseconds[0]).toBeCloseTo(to - from, 2);
        expect(measured.milliseconds[1]).toBeCloseTo(2 * (to - from), 2);
      }
    }),
  );
});

test('bytes are the most of the bucket, and the next one begins anew', () => {
  const stream = streamOf(30);
  const meter = new BucketMeter({ size: 10, total: 30 }, emptyBucket(POLICIES, 2), 3);
  meter.take({ ...stepOf(stream, 0, 5), rssBytes: 9000 });
  const [first] = meter.take(stepOf(stream, 5, 10));
  expect(first.measured).toMatchObject({ rssBytes: 9000, cacheBytes: [10, 10], restarts: 3 });
  expect(meter.open).toMatchObject({ key: '1', from: 10, to: 10, scored: 0, sums: [0, 0] });
  expect(meter.take(stepOf(stream, 10, 20))[0].measured.rssBytes).toBe(1020);
});
