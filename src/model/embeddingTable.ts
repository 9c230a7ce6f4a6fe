// The embedding table, read by the host: the graph takes rows, not tokens, so that it needs no gather over
// quantised weights. A row is read from the packed file when its token comes, which takes some microseconds; the
// table, a quarter of the weights of a small model, would otherwise be in memory twice where it is also the head.
import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { openForReading, TreekvError } from '../core/index.ts';
import type { PackedTensor, PackedWeights } from './packed.ts';
import { dequantiseRow, type QuantisedRows } from './quantise.ts';

/** Rows of the table by token id; `close()` it. */
export class EmbeddingTable {
  /** Number of rows. */
  readonly vocabSize: number;
  /** Length of a row. */
  readonly hiddenSize: number;
  private readonly handle: FileHandle;
  private readonly weights: RowReader;
  // in blocks: the reader of their scales, and the row that both have read
  private readonly blocks: { readonly scales: RowReader; readonly row: QuantisedRows } | undefined;

  private constructor(packed: PackedWeights, handle: FileHandle) {
    const { vocabSize, hiddenSize } = packed.config;
    const format = packed.format('embed');
    const reader = (name: string) => new RowReader(packed, name, handle);
    this.vocabSize = vocabSize;
    this.hiddenSize = hiddenSize;
    this.handle = handle;
    this.weights = reader('embed.weight');
    if (format.kind === 'float') return;
    const { bits, block } = format;
    const scales = reader('embed.scales');
    const row = {
      bits,
      block,
      rows: 1,
      columns: hiddenSize,
      codes: this.weights.bytes,
      scales: scales.floats,
    };
    this.blocks = { scales, row };
  }

  /** Opens the table in the packed file. */
  static async open(packed: PackedWeights): Promise<EmbeddingTable> {
    return new EmbeddingTable(packed, await openForReading(packed.file));
  }

  /** Writes the row of token `id` to `out` from `at` on. */
  row(id: number, out: Float32Array, at: number): void {
    const { vocabSize, blocks } = this;
    if (!Number.isInteger(id) || id < 0 || id >= vocabSize) {
      throw new TreekvError(
        'BAD_OPTION',
        `token ${id} is not in the vocabulary of ${vocabSize}; does the tokenizer belong to this model?`,
        { id, vocabSize },
      );
    }
    this.weights.read(id);
    blocks?.scales.read(id);
    if (blocks === undefined) out.set(this.weights.floats, at);
    else dequantiseRow(blocks.row, 0, out, at);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** Reads one row of a tensor after another into the same bytes. */
class RowReader {
  /** The row read last. */
  readonly bytes: Uint8Array;
  private readonly file: string;
  private readonly handle: FileHandle;
  private readonly offset: number;

  constructor({ file, tensors }: PackedWeights, name: string, handle: FileHandle) {
    const { offset, length, shape } = tensors.get(name) as PackedTensor;
    this.bytes = new Uint8Array(length / shape[0]);
    this.file = file;
    this.handle = handle;
    this.offset = offset;
  }

  /** The same bytes as float32. */
  get floats(): Float32Array {
    return new Float32Array(this.bytes.buffer);
  }

  read(row: number): void {
    const { bytes, file, handle } = this;
    const position = this.offset + row * bytes.length;
    const read = readSync(handle.fd, bytes, 0, bytes.length, position);
    if (read === bytes.length) return;
    throw new TreekvError(
      'BAD_FILE',
      `${file} gave ${read} bytes of ${bytes.length} at byte ${position}; did another program change it?`,
      { file, position, expected: bytes.length, actual: read },
    );
  }
}
