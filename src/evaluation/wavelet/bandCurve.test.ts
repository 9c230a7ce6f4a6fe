// Curves of bands, and their quarters without the edges.
import { expect, it } from 'vitest';
import { meanCurves, quarterMeans } from './bandCurve.ts';

it('quarters leave the edges out and share an uneven rest', () => {
  const curve = Float64Array.from([100, 1, 2, 3, 4, 5, 6, 7, 100]);
  expect(quarterMeans(curve, 1)).toEqual([1, 2.5, 4.5, 6.5]);
});

it('every sample counts alike, however many a unit has', () => {
  const sample = { token: 0, first: [1], last: [1] };
  const units = [
    { key: 'a', document: 'a', samples: [sample, sample, sample], magnitudes: [[1, 2]] },
    { key: 'b', document: 'b', samples: [sample], magnitudes: [[5, 6]] },
  ];
  const [curve] = meanCurves(units, { levels: 1, length: 4 });
  const expected = [2, 2, 3, 3].map((value) => value * Math.SQRT1_2);
  for (const [i, value] of expected.entries()) expect(curve[i]).toBeCloseTo(value, 14);
});
