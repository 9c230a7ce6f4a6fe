// A band's magnitude along the positions, and where along them it is large: by quarters, without the edges, where the
// sample begins (attention sinks) and ends (the token itself).
import { rebuildBand } from './haar.ts';
import type { WaveletProtocol, WaveletUnit } from './waveletResult.ts';

/** [length] magnitudes of a band. @param magnitudes [coefficients] of its level, counted from 1, the finest. */
export function bandCurve(magnitudes: ArrayLike<number>, level: number, length: number): Float64Array {
  // half of each block is negative, whatever the coefficient
  return rebuildBand(magnitudes, level, length).map(Math.abs);
}

/** [4] means of a curve's quarters. @param edge positions left out at either end. */
export function quarterMeans(curve: Float64Array, edge: number): number[] {
  const compared = curve.length - 2 * edge;
  return Array.from({ length: 4 }, (_, quarter) => {
    const from = edge + Math.floor((quarter * compared) / 4);
    const to = edge + Math.floor(((quarter + 1) * compared) / 4);
    let sum = 0;
    for (let position = from; position < to; position++) sum += curve[position];
    return sum / (to - from);
  });
}

/** Levels, finest first, of [length] magnitudes: the mean over all samples. */
export function meanCurves(
  units: readonly WaveletUnit[],
  { levels, length }: Pick<WaveletProtocol, 'levels' | 'length'>,
): Float64Array[] {
  const total = units.reduce((sum, { samples }) => sum + samples.length, 0);
  return Array.from({ length: levels }, (_, l) => {
    const mean = new Float64Array(units[0].magnitudes[l].length);
    for (const { samples, magnitudes } of units) {
      for (let i = 0; i < mean.length; i++) mean[i] += (magnitudes[l][i] * samples.length) / total;
    }
    return bandCurve(mean, l + 1, length);
  });
}
