// Makes the tensors of one part of a packed file from a checkpoint, piece by piece: whatever the size of a matrix,
// some tens of megabytes of it are in memory. Rows are quantised one by one, so that no byte depends on where
// pieces begin. It refuses weights that are not finite.
import { TreekvError } from '../core/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { isExact } from './keptFormats.ts';
import type { BlockFormat } from './packed.ts';
import { type PackedMatrix, type PackedPart, type PackedVector, tensorsOf } from './packedLayout.ts';
import { type QuantisedRows, quantiseQ4, quantiseQ8 } from './quantise.ts';
import { bytesOf, type TensorSource } from './safetensorsWriter.ts';

/** How large pieces are, in weights; at least one row. */
export interface PieceSizes {
  /** Read at once. */
  readonly run: number;
  /** Made at once of a transposed matrix: each piece of it costs reading the whole matrix. */
  readonly band: number;
}

/** 16 and 64 MB as float32. */
const usual: PieceSizes = { run: 2 ** 22, band: 2 ** 24 };

/** The tensors of a part with the means to make them. */
export function packPart(
  checkpoint: Checkpoint,
  part: PackedPart,
  sizes: PieceSizes = usual,
): readonly TensorSource[] {
  const [first, second] = tensorsOf(part);
  if (part.kind === 'vector') return [{ ...first, produce: () => vectorPieces(checkpoint, part) }];
  const { format } = part;
  if (format.kind === 'float') {
    const pieces = part.transposed ? transposedPieces : floatPieces;
    return [{ ...first, produce: () => pieces(checkpoint, part, sizes) }];
  }
  // Codes are written before scales, as their length is divisible by at least as high a power of two; the
  // scales, few beside the codes, wait here so that nothing is quantised twice.
  let scales = new Float32Array(0);
  return [
    {
      ...first,
      produce() {
        scales = new Float32Array(second.shape.reduce((product, size) => product * size, 1));
        return codePieces(checkpoint, part, format, scales, sizes);
      },
    },
    {
      ...second,
      async *produce() {
        yield bytesOf(scales);
        scales = new Float32Array(0);
      },
    },
  ];
}

/** Rows of one tensor that are read at once. */
interface Run {
  readonly name: string;
  /** Rows `first` to `first + count` of the tensor. */
  readonly first: number;
  readonly count: number;
  /** Where `first` lies among the rows of the matrix. */
  readonly at: number;
}

function* runsOf({ sources, columns }: PackedMatrix, { run }: PieceSizes): Generator<Run> {
  const most = Math.max(1, Math.floor(run / columns));
  let at = 0;
  for (const { name, rows } of sources) {
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      yield { name, first, count, at };
      at += count;
    }
  }
}

async function* vectorPieces(checkpoint: Checkpoint, { sources }: PackedVector): AsyncGenerator<Uint8Array> {
  for (const { name } of sources) {
    const values = await checkpoint.readRows(name, 0, 1);
    requireFinite(checkpoint, name, 'element', values, 0);
    yield bytesOf(values);
  }
}

async function* floatPieces(
  checkpoint: Checkpoint,
  part: PackedMatrix,
  sizes: PieceSizes,
): AsyncGenerator<Uint8Array> {
  for (const run of runsOf(part, sizes)) yield bytesOf(await readRun(checkpoint, part, run));
}

/** [columns, rows], some columns at a time. */
async function* transposedPieces(
  checkpoint: Checkpoint,
  part: PackedMatrix,
  sizes: PieceSizes,
): AsyncGenerator<Uint8Array> {
  const { rows, columns } = part;
  const most = Math.min(columns, Math.max(1, Math.floor(sizes.band / rows)));
  // [most, rows]
  const band = new Float32Array(most * rows);
  for (let first = 0; first < columns; first += most) {
    const width = Math.min(most, columns - first);
    for (const run of runsOf(part, sizes)) {
      const values = await readRun(checkpoint, part, run);
      transposeInto(band.subarray(run.at), rows, values, columns, first, width);
    }
    yield bytesOf(band.subarray(0, width * rows));
  }
}

/** Columns `first` to `first + width` of `values`, rows of `columns` weights, become rows of `stride` weights. */
function transposeInto(
  out: Float32Array,
  stride: number,
  values: Float32Array,
  columns: number,
  first: number,
  width: number,
): void {
  const count = values.length / columns;
  // tiles fit the processor's cache
  const tile = 32;
  for (let row0 = 0; row0 < count; row0 += tile) {
    const rowEnd = Math.min(row0 + tile, count);
    for (let column0 = 0; column0 < width; column0 += tile) {
      const columnEnd = Math.min(column0 + tile, width);
      for (let column = column0; column < columnEnd; column++) {
        for (let row = row0; row < rowEnd; row++) {
          out[column * stride + row] = values[row * columns + first + column];
        }
      }
    }
  }
}

async function* codePieces(
  checkpoint: Checkpoint,
  part: PackedMatrix,
  format: BlockFormat,
  scales: Float32Array,
  sizes: PieceSizes,
): AsyncGenerator<Uint8Array> {
  const blocks = Math.ceil(part.columns / format.block);
  for (const run of runsOf(part, sizes)) {
    const quantised = await quantiseRun(checkpoint, part, format, run);
    scales.set(quantised.scales, run.at * blocks);
    yield quantised.codes;
  }
}

async function quantiseRun(
  checkpoint: Checkpoint,
  part: PackedMatrix,
  { bits, block, kind }: BlockFormat,
  run: Run,
): Promise<QuantisedRows> {
  const { name, first, count } = run;
  if (isExact(checkpoint.blockFormat(name), { kind, bits, block })) {
    const kept = await checkpoint.readBlocks(name, bits, first, count);
    requireFinite(checkpoint, name, 'scale', kept.scales, first * (kept.scales.length / count));
    return kept;
  }
  const values = await readRun(checkpoint, part, run);
  return bits === 8
    ? quantiseQ8(values, count, part.columns, block)
    : quantiseQ4(values, count, part.columns);
}

async function readRun(checkpoint: Checkpoint, { columns }: PackedMatrix, run: Run): Promise<Float32Array> {
  const values = await checkpoint.readRows(run.name, run.first, run.count);
  requireFinite(checkpoint, run.name, 'element', values, run.first * columns);
  return values;
}

/** @param before how many numbers of the tensor come before these. */
function requireFinite(
  checkpoint: Checkpoint,
  name: string,
  what: 'element' | 'scale',
  values: Float32Array,
  before: number,
): void {
  // 0 times a finite number is 0, and NaN times anything else
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  if (sum === 0) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  const index = before + at;
  throw new TreekvError(
    'BAD_WEIGHTS',
    `${checkpoint.path}: tensor ${name} holds ${values[at]} at ${what} ${index}; the checkpoint is broken`,
    { path: checkpoint.path, name, index },
  );
}
