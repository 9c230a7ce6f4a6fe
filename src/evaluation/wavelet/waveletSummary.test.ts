// What is concluded from samples: verdicts that can come out either way, and the counting of documents.
import { expect, it } from 'vitest';
import { bootstrapMean } from '../../report/index.ts';
import type { WaveletUnit } from './waveletResult.ts';
import { summariseWavelet } from './waveletSummary.ts';

const protocol = { levels: 2, length: 8, edge: 0 };

/** Units of one document each, whose samples have these first and last quarters [levels]. */
function summaryOf(...documents: (readonly (readonly [readonly number[], readonly number[]])[])[]) {
  const units = documents.map(
    (samples, d): WaveletUnit => ({
      key: `${d}`,
      document: `${d}`,
      samples: samples.map(([first, last]) => ({ token: 0, first, last })),
      magnitudes: [
        [1, 1, 1, 1],
        [1, 1],
      ],
    }),
  );
  return summariseWavelet(units, protocol);
}

const [fine, coarse, down] = [
  [
    [1, 1],
    [4, 2],
  ],
  [
    [1, 1],
    [2, 4],
  ],
  [
    [4, 2],
    [1, 1],
  ],
] as const;

it('a document counts once, with the mean of its samples, and differences are paired by sample', () => {
  const { bands, samples, documents } = summaryOf([fine, down], [fine]);
  expect({ samples, documents }).toEqual({ samples: 3, documents: 2 });
  expect(bands[0].growth).toEqual(bootstrapMean([0, Math.log(4)]));
  expect(bands[1].growth?.mean).toBeCloseTo(Math.log(2) / 2, 12);
  expect(bands[1].finestGrowth?.mean).toBeCloseTo(Math.log(2) / 2, 12);
  expect(bands[1].finestRise?.mean).toBeCloseTo(((3 - 1 + (-3 + 1)) / 2 + (3 - 1)) / 2, 12);
  expect(bands[0].finestGrowth).toBeNull();
});

it('a document agrees if its own samples do', () => {
  const { bands } = summaryOf([fine, fine], [down, down], [fine, down]);
  expect(bands.map(({ documentsGrowing }) => documentsGrowing)).toEqual([1, 1]);
});

it('the claims hold, fail, or stay open', () => {
  const verdicts = (...samples: (typeof fine | typeof coarse | typeof down)[]) => {
    const { everyBandGrows, finestGrowsMost, finestRisesMost } = summaryOf(
      // of equal documents there would be no intervals
      ...samples.map(([first, [last, coarser]], d) => [
        [first, [last * (1 + d / 100), coarser * (1 + d / 300)]] as const,
      ]),
    );
    return [everyBandGrows, finestGrowsMost, finestRisesMost];
  };
  expect(verdicts(fine, fine, fine)).toEqual(['yes', 'yes', 'yes']);
  expect(verdicts(coarse, coarse, coarse)).toEqual(['yes', 'no', 'no']);
  expect(verdicts(down, down, down)).toEqual(['no', 'no', 'no']);
  expect(verdicts(fine, coarse, fine, down)).toEqual(['open', 'open', 'open']);
  // a single document has no interval, however many its samples
  expect(verdicts(fine)).toEqual(['open', 'open', 'open']);
  expect(summaryOf([fine, fine, fine]).everyBandGrows).toBe('open');
});

it('a single band grows, but not more than others', () => {
  const magnitudes = [[1, 2, 3, 4]];
  const units = ['a', 'b', 'c'].map((name, d) => ({
    ...{ key: name, document: name, magnitudes },
    samples: [{ token: 0, first: [1], last: [2 + d / 100] }],
  }));
  const { everyBandGrows, finestGrowsMost } = summariseWavelet(units, { ...protocol, levels: 1 });
  expect([everyBandGrows, finestGrowsMost]).toEqual(['yes', 'open']);
});
