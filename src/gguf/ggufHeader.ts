// The header of a GGUF file: four letters, a version, two counts, metadata, the tensor table, then padding
// up to the data (specification: docs/gguf.md of the ggml project). Versions 2 and 3, little endian. Reads
// no files: it judges a prefix that `openGguf` hands it, and trusts no number in it.
import { TreekvError } from '../core/index.ts';
import type { GgufMetadata, GgufTensor } from './gguf.ts';
import { describeValue, readMetadata } from './ggufValues.ts';
import { HeaderBytes } from './headerBytes.ts';
import { placeTensors, readTensorEntries } from './tensorTable.ts';

/** A header, parsed and checked. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Where the tensors' bytes begin, from the start of the file. */
  readonly dataStart: number;
}

const magic = 'GGUF';
const defaultAlignment = 32;

/**
 * Parses the header of a file of `size` bytes from its first bytes; throws `PrefixTooShort` if it needs
 * more of them, `BAD_FILE` for a damaged header, `UNSUPPORTED` for what treekv does not read.
 */
export function parseGgufHeader(prefix: Uint8Array, size: number, file: string): GgufHeader {
  const header = new HeaderBytes(prefix, size, file);
  const version = readVersion(header);
  const tensorCount = header.uint64();
  const metadata = readMetadata(header, header.uint64());
  refuseSplit(metadata, file);
  header.reading = 'the tensor table';
  const entries = readTensorEntries(header, tensorCount);
  const end = header.at;
  const alignment = alignmentOf(metadata, header);
  const dataStart = Math.ceil(end / alignment) * alignment;
  return { version, metadata, tensors: placeTensors(header, entries, dataStart, alignment), dataStart };
}

function readVersion(header: HeaderBytes): number {
  const { file } = header;
  const letters = String.fromCharCode(header.uint8(), header.uint8(), header.uint8(), header.uint8());
  if (letters !== magic) {
    throw new TreekvError(
      'BAD_FILE',
      `${file} begins with ${JSON.stringify(letters)}, not with ${magic}: it is no GGUF file; download it again`,
      { file, expected: magic, actual: letters },
    );
  }
  const version = header.uint32();
  if (version === 2 || version === 3) return version;
  // no version comes near 65536; its bytes the other way round do
  const what = version !== 0 && version % 65536 === 0 ? 'big-endian GGUF' : `GGUF version ${version}`;
  throw new TreekvError(
    'UNSUPPORTED',
    `${file} is ${what}; treekv reads versions 2 and 3, little endian. Convert the model again with a recent ` +
      'llama.cpp',
    { file, version },
  );
}

function refuseSplit(metadata: GgufMetadata, file: string): void {
  const count = metadata.get('split.count');
  // a file that was split and merged again says 0
  if (count === undefined || count === 0 || count === 1) return;
  throw new TreekvError(
    'UNSUPPORTED',
    `${file} is part of a split model (split.count is ${describeValue(count)}); merge the ` +
      'parts with llama-gguf-split --merge, or get the model as one file',
    { file, count },
  );
}

function alignmentOf(metadata: GgufMetadata, header: HeaderBytes): number {
  const alignment = metadata.get('general.alignment') ?? defaultAlignment;
  const isPowerOfTwo =
    typeof alignment === 'number' &&
    alignment >= 1 &&
    alignment < 2 ** 31 &&
    (alignment & (alignment - 1)) === 0;
  if (isPowerOfTwo && Number.isInteger(alignment)) return alignment;
  header.reading = 'general.alignment';
  throw header.damaged(`is ${describeValue(alignment)}, not a power of two below 2^31`, { alignment });
}
