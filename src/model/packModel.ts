// Converts a Hugging Face folder into one packed file (packed.ts says what lies in it). One matrix is in
// memory at a time; the same folder always gives the same bytes. It refuses weights that are not finite and
// tensors that the graph would not use, since a bias left out computes another model.
import { TreekvError } from '../core/index.ts';
import { type OpenForWriting, writeAtomically } from './atomicFile.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { storeConfig } from './config.ts';
import type { Dtype } from './packed.ts';
import {
  type PackedMatrix,
  type PackedPart,
  type PackedVector,
  packedParts,
  tensorsOf,
} from './packedLayout.ts';
import { quantiseQ4, quantiseQ8 } from './quantise.ts';
import { bytesOf, type TensorSource, writeSafetensors } from './safetensorsWriter.ts';

/** How to pack. */
export interface PackOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the share of the file that is written, up to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Creates the temporary file; for tests of write errors. */
  readonly open?: OpenForWriting | undefined;
}

/** What the metadata of a packed file says of itself; another layout or quantiser needs another version. */
export const packedFormat = 'treekv-packed';
export const packedVersion = '1';

/** Packs the model in `folder` into `outFile`. */
export async function packModel(
  folder: string,
  dtype: Dtype,
  outFile: string,
  options: PackOptions = {},
): Promise<void> {
  const checkpoint = await openCheckpoint(folder);
  try {
    await packCheckpoint(checkpoint, dtype, outFile, options);
  } finally {
    await checkpoint.close();
  }
}

/** Packs an open checkpoint into `outFile`; the checkpoint stays open. */
export async function packCheckpoint(
  checkpoint: Checkpoint,
  dtype: Dtype,
  outFile: string,
  options: PackOptions = {},
): Promise<void> {
  const { config } = checkpoint;
  const parts = packedParts(config, dtype);
  refuseStrangers(checkpoint, parts);
  const metadata = { format: packedFormat, version: packedVersion, dtype, config: storeConfig(config) };
  const tensors = parts.flatMap((part) => sourcesOf(checkpoint, part, options.signal));
  await writeAtomically(
    outFile,
    async (sink) => {
      throwIfAborted(options.signal);
      await writeSafetensors(sink, tensors, metadata, (written, total) =>
        options.onProgress?.(written / total),
      );
      throwIfAborted(options.signal);
    },
    options.open,
  );
}

/** The tensors of a part with the means to make them. */
function sourcesOf(
  checkpoint: Checkpoint,
  part: PackedPart,
  signal: AbortSignal | undefined,
): readonly TensorSource[] {
  const [first, second] = tensorsOf(part);
  if (part.kind === 'vector') {
    const produce = async () => bytesOf(await readVector(checkpoint, part));
    return [{ ...first, produce }];
  }
  const { rows, columns, format } = part;
  const readRows = () => {
    throwIfAborted(signal);
    return readMatrix(checkpoint, part);
  };
  if (format.kind === 'float') {
    const produce = async () => {
      const matrix = await readRows();
      return bytesOf(part.transposed ? transpose(matrix, rows, columns) : matrix);
    };
    return [{ ...first, produce }];
  }
  const quantise = async () => {
    const matrix = await readRows();
    return format.bits === 8
      ? quantiseQ8(matrix, rows, columns, format.block)
      : quantiseQ4(matrix, rows, columns);
  };
  // Codes are written before scales, as their length is divisible by at least as high a power of two; the
  // scales wait here so that nothing is quantised twice.
  let scales: Float32Array | undefined;
  return [
    {
      ...first,
      async produce() {
        const quantised = await quantise();
        scales = quantised.scales;
        return quantised.codes;
      },
    },
    {
      ...second,
      async produce() {
        const waiting = scales ?? (await quantise()).scales;
        scales = undefined;
        return bytesOf(waiting);
      },
    },
  ];
}

async function readVector(checkpoint: Checkpoint, part: PackedVector): Promise<Float32Array> {
  const fused = new Float32Array(part.length);
  let at = 0;
  for (const { name, length } of part.sources) {
    fused.set(await readFinite(checkpoint, name, [length]), at);
    at += length;
  }
  return fused;
}

async function readMatrix(checkpoint: Checkpoint, part: PackedMatrix): Promise<Float32Array> {
  const { sources, columns } = part;
  if (sources.length === 1) return readFinite(checkpoint, sources[0].name, [part.rows, columns]);
  const fused = new Float32Array(part.rows * columns);
  let at = 0;
  for (const { name, rows } of sources) {
    fused.set(await readFinite(checkpoint, name, [rows, columns]), at);
    at += rows * columns;
  }
  return fused;
}

async function readFinite(
  checkpoint: Checkpoint,
  name: string,
  shape: readonly number[],
): Promise<Float32Array> {
  const values = await checkpoint.readFloat32(name, shape);
  // 0 times a finite number is 0, and NaN times anything else
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  if (sum === 0) return values;
  const index = values.findIndex((value) => !Number.isFinite(value));
  throw new TreekvError(
    'BAD_WEIGHTS',
    `${checkpoint.folder}: tensor ${name} holds ${values[index]} at element ${index}; the checkpoint is broken`,
    { folder: checkpoint.folder, name, index },
  );
}

/** [rows, columns] to [columns, rows], in tiles that fit the processor's cache. */
function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  const tile = 32;
  for (let row0 = 0; row0 < rows; row0 += tile) {
    const rowEnd = Math.min(row0 + tile, rows);
    for (let column0 = 0; column0 < columns; column0 += tile) {
      const columnEnd = Math.min(column0 + tile, columns);
      for (let column = column0; column < columnEnd; column++) {
        for (let row = row0; row < rowEnd; row++) out[column * rows + row] = matrix[row * columns + column];
      }
    }
  }
  return out;
}

/** Fails on a tensor that no part is made from, apart from two that are known to say nothing new. */
function refuseStrangers(checkpoint: Checkpoint, parts: readonly PackedPart[]): void {
  const used = new Set(parts.flatMap((part) => part.sources.map(({ name }) => name)));
  // a tied head repeats the table; inv_freq repeats rope_theta (transformers before 4.31 stored it)
  if (checkpoint.config.tiedEmbeddings) used.add('lm_head.weight');
  const strangers = checkpoint.names.filter(
    (name) => !used.has(name) && !name.endsWith('.self_attn.rotary_emb.inv_freq'),
  );
  if (strangers.length === 0) return;
  throw new TreekvError(
    'UNSUPPORTED',
    `${checkpoint.folder}: treekv would leave out ${strangers.length} tensors, ${strangers[0]} for one; the ` +
      'model is not the plain Llama that its config.json describes',
    { folder: checkpoint.folder, names: strangers },
  );
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new TreekvError('ABORTED', 'packing the weights was aborted', {}, { cause: signal.reason });
}
