// The attention of the last query of a text, query head by query head, beside the values that it weights: what the
// mean over a group, as policies get it, does not show. Several texts of one length are read together with full
// attention; slots are taken in token order, so that a slot's number is its token's index and its position. It
// knows neither policies nor wavelets.
import { SlotEdits } from '../../cache/index.ts';
import { TreekvError } from '../../core/index.ts';
import type { Engine, KvStore } from '../../engine/index.ts';

/** Tokens of each text that a step reads. */
const CHUNK = 128;

/**
 * Receives one query head of one layer. The arrays are valid during the call.
 * @param weights [length] attention of the last query, which sums to 1.
 * @param values [length, head dim] of the head's group.
 */
export type HeadVisitor = (weights: Float32Array, values: Float32Array) => void;

/** Reads texts of one length. */
export class LastQueries {
  private readonly engine: Engine;
  private readonly length: number;
  private readonly store: KvStore;
  // [layers, N, G, length + 1] mass of the last queries: columns are the slots, then the last token itself
  private mass: Float32Array = new Float32Array(0);
  private readonly edits = new SlotEdits();
  private texts = 0;
  // [length]
  private readonly weights: Float32Array;

  /** @param rows texts that are read together at most. Throws UNSUPPORTED if they leave a sliding window. */
  constructor(engine: Engine, rows: number, length: number) {
    const { slidingWindow } = engine.config;
    if (slidingWindow !== null && length > slidingWindow) {
      const message =
        `This model looks back over ${slidingWindow} positions, and treekv does not hide what lies further ` +
        `back. Use samples of at most ${slidingWindow} tokens, not ${length}.`;
      throw new TreekvError('UNSUPPORTED', message, { window: slidingWindow, length });
    }
    this.engine = engine;
    this.length = length;
    this.store = engine.open(rows, length);
    this.weights = new Float32Array(length);
  }

  /** Reads texts of [length] token ids each; what was read before is forgotten. Throws ABORTED. */
  async read(texts: readonly Int32Array[], signal?: AbortSignal): Promise<void> {
    const last = this.length - 1;
    this.texts = texts.length;
    for (let row = 0; row < this.store.rows; row++) this.store.clear(row);
    for (let from = 0; from < last; from += CHUNK) {
      if (signal?.aborted) throw new TreekvError('ABORTED', 'Reading the samples was aborted.');
      await this.step(texts, from, Math.min(from + CHUNK, last), 0);
    }
    const { queryHeads, kvHeads } = this.engine.config;
    this.mass = await this.step(texts, last, this.length, queryHeads / kvHeads);
  }

  /** Visits every query head of every layer of a text of the last reading. */
  async visit(text: number, visitor: HeadVisitor): Promise<void> {
    const { length, weights } = this;
    const { layers, kvHeads, queryHeads, headDim } = this.engine.config;
    for (let layer = 0; layer < layers; layer++) {
      const { values } = await this.store.read(text, layer);
      for (let head = 0; head < queryHeads; head++) {
        const at = ((layer * this.texts + text) * queryHeads + head) * (length + 1);
        // the last slot was still empty when the last token looked
        weights.set(this.mass.subarray(at, at + length - 1));
        weights[length - 1] = this.mass[at + length];
        const own = Math.floor((head * kvHeads) / queryHeads) * length * headDim;
        visitor(weights, values.subarray(own, own + length * headDim));
      }
    }
  }

  dispose(): void {
    this.store.dispose();
  }

  /**
   * Reads the tokens from .. to - 1 of every text.
   * @param asked 0, or for a single token a score row for each of the `asked` query heads of a group.
   * @returns [layers, N, asked, length + T] mass
   */
  private async step(
    texts: readonly Int32Array[],
    from: number,
    to: number,
    asked: number,
  ): Promise<Float32Array> {
    const { layers, kvHeads } = this.engine.config;
    const tokens = to - from;
    const heads = texts.length * kvHeads;
    const ids = new Int32Array(texts.length * tokens);
    for (const [row, text] of texts.entries()) ids.set(text.subarray(from, to), row * tokens);
    // [N, T] slots and positions alike
    const newPositions = Int32Array.from({ length: heads * tokens }, (_, i) => from + (i % tokens));
    // [N, asked, asked] row r asks query head r of the group alone
    const queryWeights = new Float32Array(heads * asked * asked);
    for (let row = 0; row < heads * asked; row++) queryWeights[row * asked + (row % asked)] = 1;
    const { mass } = await this.store.step({
      rows: texts.length,
      tokens,
      ids,
      layers: new Array(layers).fill({ newPositions, queryWeights, scoreRows: asked }),
      pick: new Int32Array(0),
      target: new Int32Array(0),
      positionLimit: to,
    });
    const { edits, length } = this;
    edits.begin(newPositions.length);
    edits.reserve(newPositions.length);
    edits.slots.set(newPositions);
    for (const [i, slot] of newPositions.entries()) edits.place(Math.floor(i / tokens) * length + slot, slot);
    this.store.commit(new Array(layers).fill(edits));
    return mass;
  }
}
