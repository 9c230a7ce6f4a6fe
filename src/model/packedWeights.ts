// Opens a packed file: checks that it is what packed.ts describes, of the right shapes and undamaged to the last
// byte, and hands out its directory. The bytes stay on disk; the engine maps them and `EmbeddingTable` reads its rows.
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { packageRoot, TreekvError } from '../core/index.ts';
import { restoreConfig } from './config.ts';
import type { Dtype, LinearFormat, PackedTensor, PackedWeights } from './packed.ts';
import { verifyChecksums } from './packedChecksums.ts';
import { packedFingerprint } from './packedFingerprint.ts';
import { dtypes, type ExpectedTensor, packedParts, tensorsOf } from './packedLayout.ts';
import { packedFormat, packedVersion } from './packModel.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';
import { restoreFormats } from './storedFormats.ts';

/** How a packed file is opened. */
export interface OpenPackedOptions {
  readonly signal?: AbortSignal | undefined;
  /** What is done about damage, or to be done. @default where to have the file again */
  readonly remedy?: string | undefined;
}

/**
 * Opens a packed file and reads all of it once, to see that it is undamaged. Throws FILE_NOT_FOUND; BAD_FILE for
 * what is damaged or not packed; UNSUPPORTED for another version; BAD_WEIGHTS; ABORTED.
 */
export async function openPacked(
  file: string,
  { signal, remedy }: OpenPackedOptions = {},
): Promise<PackedWeights> {
  const opened = await openSafetensors(file);
  try {
    const weights = await describe(opened, await realpath(file));
    await verifyChecksums(
      file,
      await opened.readRange(0, opened.dataStart),
      remedy ?? remedyFor(weights.file),
      signal,
    );
    return weights;
  } finally {
    await opened.close();
  }
}

/** As `openPacked`, for whoever runs nothing: looks at the header alone. */
export async function readPackedHeader(file: string): Promise<PackedWeights> {
  const opened = await openSafetensors(file);
  try {
    return await describe(opened, await realpath(file));
  } finally {
    await opened.close();
  }
}

/** Whether `file` is there and says that it is packed, by this version or another. */
export async function holdsPacked(file: string): Promise<boolean> {
  try {
    const opened = await openSafetensors(file);
    await opened.close();
    return isPacked(opened);
  } catch (error) {
    if (error instanceof TreekvError && error.code === 'FILE_NOT_FOUND') return false;
    throw error;
  }
}

function remedyFor(file: string): string {
  return file.startsWith(join(packageRoot(), 'models', sep))
    ? 'install treekv again'
    : 'copy it again from where it came, or load the model that it was packed from';
}

function isPacked({ metadata }: SafetensorsFile): boolean {
  return metadata.format === packedFormat;
}

async function describe(opened: SafetensorsFile, file: string): Promise<PackedWeights> {
  const { metadata } = opened;
  if (!isPacked(opened)) {
    throw new TreekvError('BAD_FILE', `${file} is no packed file of treekv; pack its folder first`, { file });
  }
  if (metadata.version !== packedVersion) {
    throw new TreekvError(
      'UNSUPPORTED',
      `${file} is packed in version ${metadata.version}, this treekv reads version ${packedVersion}; pack the ` +
        'model again',
      { file, version: metadata.version },
    );
  }
  const dtype = dtypes.find((known) => known === metadata.dtype);
  if (dtype === undefined) {
    throw new TreekvError('BAD_FILE', `${file} names the unknown weight type ${metadata.dtype}`, {
      file,
      dtype: metadata.dtype,
    });
  }
  const config = restoreConfig(parseStored(metadata.config, file), file);
  const kept = restoreFormats(metadata.formats, file);
  const formats = new Map<string, LinearFormat>();
  const tensors = new Map<string, PackedTensor>();
  for (const part of packedParts(config, dtype, kept)) {
    if (part.kind === 'matrix') formats.set(part.name, part.format);
    for (const expected of tensorsOf(part)) tensors.set(expected.name, demand(opened, expected, file));
  }
  for (const name of kept.keys()) lookUp(formats, name, formats.get('head'), file);
  const fingerprint = await packedFingerprint(opened);
  // a tied head that is not stored is the table
  const head = formats.get('head') ?? formats.get('embed');
  return {
    ...{ file, dtype, config, fingerprint, source: metadata.source, tensors },
    format: (name) => lookUp(formats, name, head, file),
  };
}

function demand(opened: SafetensorsFile, expected: ExpectedTensor, file: string): PackedTensor {
  const { name, dtype, shape } = expected;
  const found = opened.tensors.get(name);
  if (found?.dtype === dtype && String(found.shape) === String(shape)) {
    return { dtype, shape, offset: found.offset, length: found.length };
  }
  const have = found === undefined ? 'is absent' : `is ${found.dtype} [${found.shape}]`;
  throw new TreekvError(
    'BAD_WEIGHTS',
    `${file}: tensor ${name} ${have}; it must be ${dtype} [${shape}], so pack the model again`,
    { file, name, expected: { dtype, shape }, actual: found && { dtype: found.dtype, shape: found.shape } },
  );
}

function lookUp(
  formats: ReadonlyMap<string, LinearFormat>,
  name: string,
  head: LinearFormat | undefined,
  file: string,
): LinearFormat {
  const format = name === 'head' ? head : formats.get(name);
  if (format !== undefined) return format;
  throw new TreekvError('BAD_WEIGHTS', `${file} has no linear layer ${name}`, { file, name });
}

function parseStored(text: string | undefined, file: string): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch (cause) {
    throw new TreekvError(
      'BAD_FILE',
      `${file} holds no valid config; pack the model again`,
      { file },
      { cause },
    );
  }
}

/** The weight type called `name`; BAD_OPTION lists what there is. */
export function parseDtype(name: string): Dtype {
  const dtype = dtypes.find((known) => known === name);
  if (dtype !== undefined) return dtype;
  throw new TreekvError('BAD_OPTION', `weight type ${name} is unknown; choose one of ${dtypes.join(', ')}`, {
    dtype: name,
    known: dtypes,
  });
}
