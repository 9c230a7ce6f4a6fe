// Reads a whole text with full attention and looks at the logits after every token, which no part of the
// library hands out together: likelihoods and most likely tokens, for comparison with other programs.
import { SlotEdits } from '../../src/cache/index.ts';
import type { Engine } from '../../src/engine/index.ts';

/** What a model makes of a text of n tokens. */
export interface Reading {
  /** [n - 1] negative log-likelihood of every token but the first. */
  readonly nll: Float64Array;
  /** [n] the most likely token after each. */
  readonly top1: Int32Array;
}

/** Reads `ids` in chunks; every entry stays. */
export async function readAll(engine: Engine, ids: Int32Array, chunk = 100): Promise<Reading> {
  const { layers, kvHeads, vocabSize } = engine.config;
  const store = engine.open(1, ids.length);
  const edits = new SlotEdits();
  const nll = new Float64Array(ids.length - 1);
  const top1 = new Int32Array(ids.length);
  for (let from = 0; from < ids.length; from += chunk) {
    const T = Math.min(chunk, ids.length - from);
    // [Hkv, T] positions and slots alike
    const newPositions = Int32Array.from({ length: kvHeads * T }, (_, i) => from + (i % T));
    const layer = { newPositions, queryWeights: new Float32Array(0), scoreRows: 0 };
    const { logits } = await store.step({
      rows: 1,
      tokens: T,
      ids: ids.subarray(from, from + T),
      layers: Array.from({ length: layers }, () => layer),
      pick: Int32Array.from({ length: T }, (_, t) => t),
      target: new Int32Array(0),
      positionLimit: from + T,
    });
    for (let t = 0; t < T; t++) {
      const row = logits.subarray(t * vocabSize, (t + 1) * vocabSize);
      top1[from + t] = largest(row);
      if (from + t < nll.length) nll[from + t] = likelihood(row, ids[from + t + 1]);
    }
    edits.begin(kvHeads * T);
    edits.reserve(kvHeads * T);
    edits.slots.set(newPositions);
    for (const [i, slot] of newPositions.entries()) edits.place(Math.floor(i / T) * ids.length + slot, slot);
    store.commit(Array.from({ length: layers }, () => edits));
  }
  store.dispose();
  return { nll, top1 };
}

function largest(row: Float32Array): number {
  let best = 0;
  for (let id = 1; id < row.length; id++) if (row[id] > row[best]) best = id;
  return best;
}

/** -log softmax(row)[id], summed in float64. */
function likelihood(row: Float32Array, id: number): number {
  let peak = Number.NEGATIVE_INFINITY;
  for (const value of row) peak = Math.max(peak, value);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - peak);
  return peak + Math.log(sum) - row[id];
}
