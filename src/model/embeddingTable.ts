// The embedding table, held by the host: the graph takes rows, not tokens, so that it needs no gather over
// quantised weights. Reads the table once in its packed form and widens one row when asked.
import { TreekvError } from '../core/index.ts';
import type { PackedWeights } from './packed.ts';
import { dequantiseRow, type QuantisedRows } from './quantise.ts';
import { openSafetensors } from './safetensors.ts';
import { widen } from './widen.ts';

type Table =
  | { readonly kind: 'float'; readonly values: Float32Array }
  | ({ readonly kind: 'blocks' } & QuantisedRows);

/** Rows of the table by token id. */
export class EmbeddingTable {
  /** Number of rows. */
  readonly vocabSize: number;
  /** Length of a row. */
  readonly hiddenSize: number;
  /** Bytes held in memory. */
  readonly bytes: number;
  private readonly table: Table;

  private constructor(vocabSize: number, hiddenSize: number, bytes: number, table: Table) {
    this.vocabSize = vocabSize;
    this.hiddenSize = hiddenSize;
    this.bytes = bytes;
    this.table = table;
  }

  /** Reads the table from the packed file. */
  static async open(weights: PackedWeights): Promise<EmbeddingTable> {
    const { vocabSize, hiddenSize } = weights.config;
    const format = weights.format('embed');
    const opened = await openSafetensors(weights.file);
    try {
      const codes = await opened.read('embed.weight');
      if (format.kind === 'float') {
        return new EmbeddingTable(vocabSize, hiddenSize, codes.length, {
          kind: 'float',
          values: widen('F32', codes),
        });
      }
      const scales = widen('F32', await opened.read('embed.scales'));
      return new EmbeddingTable(vocabSize, hiddenSize, codes.length + scales.byteLength, {
        kind: 'blocks',
        bits: format.bits,
        block: format.block,
        rows: vocabSize,
        columns: hiddenSize,
        codes,
        scales,
      });
    } finally {
      await opened.close();
    }
  }

  /** Writes the row of token `id` to `out` from `at` on. */
  row(id: number, out: Float32Array, at: number): void {
    const { vocabSize, hiddenSize, table } = this;
    if (!Number.isInteger(id) || id < 0 || id >= vocabSize) {
      throw new TreekvError(
        'BAD_OPTION',
        `token ${id} is not in the vocabulary of ${vocabSize}; does the tokenizer belong to this model?`,
        { id, vocabSize },
      );
    }
    if (table.kind === 'blocks') dequantiseRow(table, id, out, at);
    else out.set(table.values.subarray(id * hiddenSize, (id + 1) * hiddenSize), at);
  }
}
