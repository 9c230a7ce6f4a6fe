// Pooling of scores over neighbouring places, stride 1, as SnapKV smooths them: a token that is read pulls its
// neighbours along. At the edges the maximum is over what there is, and the average counts the missing places
// as zeros, which is what the pooling operators of PyTorch do by default and what SnapKV's code relies on.

import type { Pooling } from './prefillMethod.ts';

/**
 * One pooled score a place.
 * @param scores [n]
 * @param kernel places that are pooled, odd: the place and (kernel - 1) / 2 on either side.
 * @returns [n]
 */
export function pool(scores: Float32Array | Float64Array, kernel: number, pooling: Pooling): Float64Array {
  const n = scores.length;
  const reach = (kernel - 1) / 2;
  const pooled = new Float64Array(n);
  for (let place = 0; place < n; place++) {
    const from = Math.max(0, place - reach);
    const to = Math.min(n, place + reach + 1);
    let value = scores[from];
    for (let i = from + 1; i < to; i++) {
      if (pooling === 'avg') value += scores[i];
      else if (scores[i] > value) value = scores[i];
    }
    pooled[place] = pooling === 'avg' ? value / kernel : value;
  }
  return pooled;
}
