// Magnitudes of attention times value against the definition of a Haar band in plain words: half the difference of the
// means of a block's halves.
import { expect, it } from 'vitest';
import { Random } from '../../core/index.ts';
import { bandCurve } from './bandCurve.ts';
import { BandMagnitudes } from './bandMagnitudes.ts';

const [length, headDim, levels] = [24, 3, 3];
const random = new Random(4);
const draw = (count: number) => Float32Array.from({ length: count }, () => random.next() - 0.4);
const heads = [1, 2, 3].map(() => ({ weights: draw(length), values: draw(length * headDim) }));

/** Mean of |half the difference of the halves' means| around each position. */
function expected(level: number, own: typeof heads): number[] {
  const half = 2 ** (level - 1);
  return Array.from({ length }, (_, position) => {
    const from = position - (position % (2 * half));
    let sum = 0;
    for (const { weights, values } of own) {
      for (let channel = 0; channel < headDim; channel++) {
        let difference = 0;
        for (let i = from; i < from + 2 * half; i++) {
          const value = weights[i] * values[i * headDim + channel];
          difference += i < from + half ? value : -value;
        }
        sum += Math.abs(difference) / (2 * half);
      }
    }
    return sum / (own.length * headDim);
  });
}

it('bands are means over heads and channels, and taking them begins anew', () => {
  const bands = new BandMagnitudes(length, headDim, levels);
  for (const own of [heads, heads.slice(1)]) {
    for (const { weights, values } of own) bands.add(weights, values);
    for (const [l, magnitudes] of bands.take().entries()) {
      const curve = bandCurve(magnitudes, l + 1, length);
      for (const [i, value] of expected(l + 1, own).entries()) expect(curve[i]).toBeCloseTo(value, 14);
    }
  }
});
