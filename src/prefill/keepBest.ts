// The choice that all methods but TreeKV and StreamingLLM share: the entries at both ends stay, and of those
// between as many of the highest scores as there is room for. It finds the least score that stays by
// selection, not by sorting: a prompt has tens of thousands of entries in every head and layer.

import type { PrefillView } from './prefillMethod.ts';

/** Which of equal scores stays. */
export type Ties = 'older' | 'newer';

/**
 * Names the places that stay in one head.
 * @param scores [candidates] of the places first, first + 1, ...; all before and behind them stay.
 * @param length places of the head.
 * @param kept [kept] receives the places, ascending.
 */
export function keepBest(
  scores: Float32Array | Float64Array,
  first: number,
  length: number,
  ties: Ties,
  kept: Int32Array,
): void {
  const end = first + scores.length;
  const chosen = kept.length - first - (length - end);
  let at = 0;
  while (at < first) kept[at] = at++;
  if (chosen > 0) {
    const least = greatest(scores, chosen);
    let above = 0;
    let equal = 0;
    for (const score of scores) {
      if (score > least) above++;
      else if (score === least) equal++;
      else if (!(score < least)) throw new RangeError('mass that is not a number has no order');
    }
    // The equal ones that stay are the first, or the last, of them.
    const staying = chosen - above;
    const passed = ties === 'older' ? 0 : equal - staying;
    let met = 0;
    for (let i = 0; i < scores.length; i++) {
      if (scores[i] > least) kept[at++] = first + i;
      else if (scores[i] === least) {
        if (met >= passed && met < passed + staying) kept[at++] = first + i;
        met++;
      }
    }
  }
  for (let place = end; place < length; place++) kept[at++] = place;
}

/**
 * The places that stay if the mass itself is the score, per head; [heads, budget]. Of equal masses the newer
 * stays, since in decoding a tie evicts the older.
 */
export function keepBestMass(view: PrefillView, budget: number, sinks: number, recent: number): Int32Array {
  const { heads, length, mass } = view;
  const kept = new Int32Array(heads * budget);
  for (let head = 0; head < heads; head++) {
    const candidates = mass.subarray(head * length + sinks, (head + 1) * length - recent);
    keepBest(candidates, sinks, length, 'newer', kept.subarray(head * budget, (head + 1) * budget));
  }
  return kept;
}

/** The count-th greatest score (Hoare's selection: linear time, ties and sorted input included). */
function greatest(scores: Float32Array | Float64Array, count: number): number {
  const row = Float64Array.from(scores);
  const wanted = row.length - count;
  let from = 0;
  let to = row.length - 1;
  while (from < to) {
    const pivot = row[wanted];
    let i = from;
    let j = to;
    do {
      while (row[i] < pivot) i++;
      while (row[j] > pivot) j--;
      if (i <= j) {
        const swapped = row[i];
        row[i++] = row[j];
        row[j--] = swapped;
      }
    } while (i <= j);
    if (j < wanted) from = i;
    if (i > wanted) to = j;
  }
  return row[wanted];
}
