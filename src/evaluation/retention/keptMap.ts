// Maps of what is kept: at the end of a text, a row of shares; and over time, a row a step (the paper's Figure 1).
// A share is that of the heads (and layers) that keep a token; where a text is longer than a map is wide, a cell
// is the mean over its tokens and steps. It draws nothing.
import { headsOf, type KeptTokens } from './keptTokens.ts';
import { replayTrace } from './replayTrace.ts';
import type { Trace } from './trace.ts';

/** Shares on a grid. */
export interface KeptMap {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns] 0 .. 1 */
  readonly shares: Float64Array;
}

/** What is kept at the end, one row. @param layer the only one looked at; null for all. */
export function keptMap(kept: KeptTokens, tokens: number, columns: number, layer: number | null): KeptMap {
  const heads = headsOf(kept, layer);
  const counts = new Float64Array(columns);
  for (const row of heads) for (const token of row) counts[cellOf(token, tokens, columns)]++;
  const width = cellSizes(tokens, columns);
  return { rows: 1, columns, shares: counts.map((count, cell) => count / (heads.length * width[cell])) };
}

/**
 * What is kept after each step. A cell counts the pairs of a step and a token already read.
 * @param cells rows and columns of the map; at most the tokens of the trace.
 */
export function keptMapOverTime(trace: Trace, cells: number, layer: number | null): KeptMap {
  const { tokens, heads } = trace;
  // [cells, cells] entries kept, and pairs that there are
  const counts = new Float64Array(cells * cells);
  const pairs = new Float64Array(cells * cells);
  const columnOf = Int32Array.from({ length: tokens }, (_, token) => cellOf(token, tokens, cells));
  const read = new Float64Array(cells);
  replayTrace(trace, (token, layers) => {
    const row = columnOf[token] * cells;
    read[columnOf[token]]++;
    for (let cell = 0; cell < cells; cell++) pairs[row + cell] += read[cell];
    for (const { count, stride, tokens: kept } of layer === null ? layers : [layers[layer]]) {
      for (let head = 0; head < heads; head++) {
        const end = head * stride + count;
        for (let rank = head * stride; rank < end; rank++) counts[row + columnOf[kept[rank]]]++;
      }
    }
  });
  const all = heads * (layer === null ? trace.layers.length : 1);
  const shares = counts.map((count, cell) => (pairs[cell] === 0 ? 0 : count / (all * pairs[cell])));
  return { rows: cells, columns: cells, shares };
}

function cellOf(token: number, tokens: number, cells: number): number {
  return Math.floor((token * cells) / tokens);
}

/** Tokens of each cell. */
function cellSizes(tokens: number, cells: number): Float64Array {
  const sizes = new Float64Array(cells);
  for (let token = 0; token < tokens; token++) sizes[cellOf(token, tokens, cells)]++;
  return sizes;
}
