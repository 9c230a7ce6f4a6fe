// Converts a checkpoint into one packed file (packed.ts says what lies in it). The same checkpoint always gives
// the same bytes. It refuses tensors that the graph would not use, since a bias left out computes another model,
// and finds out before it writes whether any is missing or of another shape.
import { type OpenForWriting, TreekvError, writeAtomically } from '../core/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { storeConfig } from './config.ts';
import { keptFormats } from './keptFormats.ts';
import type { Dtype } from './packed.ts';
import { checksumRoom, writeChecksummed } from './packedChecksums.ts';
import { type PackedPart, packedParts } from './packedLayout.ts';
import { packPart } from './packPart.ts';
import { writeSafetensors } from './safetensorsWriter.ts';
import { modelSource } from './source.ts';
import type { SourceKey } from './sourceKey.ts';
import { storeFormats } from './storedFormats.ts';

/** How to pack. */
export interface PackOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the share of the file that is written, up to 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** What was learned about the cache and does not keep the model from running. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Creates the temporary file; for tests of write errors. */
  readonly open?: OpenForWriting | undefined;
}

/** What the metadata of a packed file says of itself; another layout or quantiser needs another version. */
export const packedFormat = 'treekv-packed';
export const packedVersion = '2';

/** Packs the model at `path`, a folder or a GGUF file, into `outFile`. */
export async function packModel(
  path: string,
  dtype: Dtype,
  outFile: string,
  options: PackOptions = {},
): Promise<void> {
  const checkpoint = await modelSource(path).openCheckpoint();
  try {
    await packCheckpoint(checkpoint, dtype, outFile, options);
  } finally {
    await checkpoint.close();
  }
}

/** Packs an open checkpoint into `outFile`; the checkpoint stays open. @param source what the key of the model is. */
export async function packCheckpoint(
  checkpoint: Checkpoint,
  dtype: Dtype,
  outFile: string,
  options: PackOptions = {},
  source?: SourceKey,
): Promise<void> {
  const { config } = checkpoint;
  const formats = keptFormats(checkpoint, dtype);
  const parts = packedParts(config, dtype, formats);
  demandSources(checkpoint, parts);
  refuseStrangers(checkpoint, parts);
  const metadata = {
    format: packedFormat,
    version: packedVersion,
    dtype,
    config: storeConfig(config),
    ...(formats.size > 0 && { formats: storeFormats(formats) }),
    ...(source !== undefined && { source: source.key }),
    ...checksumRoom,
  };
  const tensors = parts.flatMap((part) => packPart(checkpoint, part));
  await writeAtomically(
    outFile,
    async (sink) => {
      throwIfAborted(options.signal);
      await writeChecksummed(sink, (into) =>
        writeSafetensors(into, tensors, metadata, (written, total) => {
          options.onProgress?.(written / total);
          throwIfAborted(options.signal);
        }),
      );
      await source?.requireUnchanged();
    },
    {
      elsewhere: 'set TREEKV_CACHE to a folder',
      ...(options.open !== undefined && { openFile: options.open }),
    },
  );
}

/** Fails unless each part finds its sources, in their shapes. */
function demandSources(checkpoint: Checkpoint, parts: readonly PackedPart[]): void {
  for (const part of parts) {
    if (part.kind === 'vector') {
      for (const { name, length } of part.sources) checkpoint.demand(name, [length]);
    } else {
      for (const { name, rows } of part.sources) checkpoint.demand(name, [rows, part.columns]);
    }
  }
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
    `${checkpoint.path}: treekv would leave out ${strangers.length} tensors, ${strangers[0]} for one; the ` +
      'model is not the one that its config describes',
    { path: checkpoint.path, names: strangers },
  );
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new TreekvError('ABORTED', 'packing the weights was aborted', {}, { cause: signal.reason });
}
