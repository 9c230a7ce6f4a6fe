// The Haar wavelet transform of many channels at once, in linear time: pairs of neighbours become their scaled
// sum, which the next level takes apart again, and their scaled difference, the detail. At an odd end the last
// number is paired with itself, as PyWavelets' mode 'symmetric' does. Signs, scale and lengths are PyWavelets':
// low-pass (1, 1) / sqrt(2), detail (first - second) / sqrt(2). It knows nothing of attention.

const scale = Math.SQRT1_2;

/** Decomposes signals of one length; its arrays are used again by every call. */
export class HaarTransform {
  /** Levels, finest first, of [coefficients, channels] details: those of the signal decomposed last. */
  readonly details: readonly Float64Array[];
  private readonly length: number;
  private readonly channels: number;

  /** @param levels may be any number; a level of a single coefficient is followed by levels of one. */
  constructor(length: number, channels: number, levels: number) {
    this.length = length;
    this.channels = channels;
    this.details = coefficientCounts(length, levels).map((count) => new Float64Array(count * channels));
  }

  /** Fills `details`. @param signal [length, channels] is overwritten: its approximations take its place. */
  decompose(signal: Float64Array): void {
    const { channels } = this;
    let length = this.length;
    for (const details of this.details) {
      const pairs = length >> 1;
      for (let pair = 0; pair < pairs; pair++) {
        let to = pair * channels;
        let first = 2 * to;
        let second = first + channels;
        for (const end = to + channels; to < end; to++, first++, second++) {
          details[to] = (signal[first] - signal[second]) * scale;
          signal[to] = (signal[first] + signal[second]) * scale;
        }
      }
      if (length % 2 === 1) {
        const to = pairs * channels;
        for (let c = 0; c < channels; c++) {
          details[to + c] = 0;
          signal[to + c] = 2 * signal[2 * to + c] * scale;
        }
      }
      length -= pairs;
    }
  }
}

/**
 * One channel's band: the signal rebuilt from the details of one level, all other coefficients zero. Half of each
 * block of 2^level positions has the detail's sign, half the other; so magnitudes of bands are bands of magnitudes.
 * @param details [coefficients] of the level. @param level counted from 1, the finest. @returns [length]
 */
export function rebuildBand(details: ArrayLike<number>, level: number, length: number): Float64Array {
  const size = 2 ** level;
  const weight = scale ** level;
  return Float64Array.from({ length }, (_, position) => {
    const detail = details[Math.floor(position / size)] * weight;
    return position % size < size / 2 ? detail : -detail;
  });
}

/** Detail coefficients of each level, finest first. */
export function coefficientCounts(length: number, levels: number): number[] {
  const counts: number[] = [];
  for (let level = 0, count = length; level < levels; level++) {
    count = Math.ceil(count / 2);
    counts.push(count);
  }
  return counts;
}
