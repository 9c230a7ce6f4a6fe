// The magnitudes of a sample's wavelet coefficients, summed over heads and channels: a head's signal is, for every
// channel, attention weight times value along the positions (TreeKV, section 3). Sums are float64; the arrays are
// used again for every head.
import { HaarTransform } from './haar.ts';

/** Sums magnitudes head by head. */
export class BandMagnitudes {
  private readonly headDim: number;
  private readonly transform: HaarTransform;
  // [length, headDim]
  private readonly signal: Float64Array;
  // [levels] of [coefficients]
  private readonly sums: readonly Float64Array[];
  private heads = 0;

  constructor(length: number, headDim: number, levels: number) {
    this.headDim = headDim;
    this.transform = new HaarTransform(length, headDim, levels);
    this.signal = new Float64Array(length * headDim);
    this.sums = this.transform.details.map((details) => new Float64Array(details.length / headDim));
  }

  /** Adds a query head. @param weights [length] @param values [length, headDim] */
  add(weights: Float32Array, values: Float32Array): void {
    const { headDim, signal } = this;
    for (let position = 0, at = 0; position < weights.length; position++) {
      const weight = weights[position];
      for (const end = at + headDim; at < end; at++) signal[at] = weight * values[at];
    }
    this.transform.decompose(signal);
    for (const [level, details] of this.transform.details.entries()) {
      const sums = this.sums[level];
      for (let i = 0, at = 0; i < sums.length; i++) {
        let sum = 0;
        for (const end = at + headDim; at < end; at++) sum += Math.abs(details[at]);
        sums[i] += sum;
      }
    }
    this.heads++;
  }

  /** Levels, finest first, of [coefficients] mean magnitudes over the heads added and their channels; begins anew. */
  take(): Float64Array[] {
    const count = this.heads * this.headDim;
    const means = this.sums.map((sums) => sums.map((sum) => sum / count));
    for (const sums of this.sums) sums.fill(0);
    this.heads = 0;
    return means;
  }
}
