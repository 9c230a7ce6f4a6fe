// What the engine is told of each layer before a step: where the new tokens stand, and whose attention is
// wanted. The arrays last as long as the shapes do; the weights of the queries are written once for a shape,
// so that a decode step writes nothing but positions.
import { type SequenceCache, SlotEdits } from '../cache/index.ts';
import type { LayerRequest } from '../engine/index.ts';
import type { Asks } from '../policies/index.ts';

/** A layer's request, and what its decision will change. */
export interface LayerWork extends LayerRequest {
  readonly edits: SlotEdits;
}

/** The sizes of the model that requests need. */
export interface RequestShape {
  readonly layers: number;
  readonly kvHeads: number;
  /** Query heads of a KV head, G. */
  readonly group: number;
}

/** Requests of one batch, step after step. */
export class LayerRequests {
  private readonly shape: RequestShape;
  private work: readonly LayerWork[] = [];
  // what the arrays of `work` were made for
  private tokens = 0;
  private lengths: readonly number[] = [];
  // [rows * layers]
  private asks: Asks[] = [];

  constructor(shape: RequestShape) {
    this.shape = shape;
  }

  /** The requests of a step in which row b reads lengths[b] <= T tokens. */
  prepare(rows: readonly SequenceCache[], lengths: readonly number[], T: number): readonly LayerWork[] {
    if (!this.fits(rows, lengths, T)) this.make(rows, lengths, T);
    const { kvHeads } = this.shape;
    for (const [l, { newPositions }] of this.work.entries()) {
      let at = 0;
      for (const cache of rows) {
        const first = cache.firstPosition(l);
        for (let head = 0; head < kvHeads; head++) {
          for (let t = 0; t < T; t++) newPositions[at++] = first + t;
        }
      }
    }
    return this.work;
  }

  /** Whether the arrays at hand serve this step too. */
  private fits(rows: readonly SequenceCache[], lengths: readonly number[], T: number): boolean {
    if (this.tokens !== T || this.lengths.length !== rows.length) return false;
    for (let row = 0, i = 0; row < rows.length; row++) {
      if (this.lengths[row] !== lengths[row]) return false;
      for (const { policy } of rows[row].layers) if (this.asks[i++] !== policy.asks) return false;
    }
    return true;
  }

  private make(rows: readonly SequenceCache[], lengths: readonly number[], T: number): void {
    this.tokens = T;
    this.lengths = [...lengths];
    this.asks = rows.flatMap(({ layers }) => layers.map(({ policy }) => policy.asks));
    const { layers } = this.shape;
    this.work = Array.from({ length: layers }, (_, l) => {
      const asks = rows.map((_row, row) => this.asks[row * layers + l]);
      return this.layer(asks, lengths, T);
    });
  }

  /** One layer's arrays, with the weights of the queries in place. */
  private layer(asks: readonly Asks[], lengths: readonly number[], T: number): LayerWork {
    const { kvHeads, group } = this.shape;
    const heads = asks.length * kvHeads;
    const scoreRows = asks.some((asked) => asked !== 'none') ? 1 : 0;
    const queryWeights = new Float32Array(heads * scoreRows * group * T);
    for (const [row, asked] of asks.entries()) {
      if (asked === 'none') continue;
      const length = lengths[row];
      const from = asked === 'last' ? length - 1 : 0;
      // The mean over the group, summed over the queries asked for; padding counts nothing.
      for (let query = row * kvHeads * group; query < (row + 1) * kvHeads * group; query++) {
        queryWeights.fill(1 / group, query * T + from, query * T + length);
      }
    }
    return {
      scoreRows,
      queryWeights,
      newPositions: new Int32Array(heads * T),
      edits: new SlotEdits(),
    };
  }
}
