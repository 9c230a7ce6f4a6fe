// A safetensors file that belongs to one model and shows damage: its metadata names a format, a version and the
// weights' fingerprint, and carries a checksum over all of it, because one wrong slot number would spoil a text
// without a word. What lies inside is its caller's; files are too.
import { createHash } from 'node:crypto';
import { TreekvError } from '../core/index.ts';
import { bytesOf, decodeSafetensors, type TensorBytes } from '../model/index.ts';

/** What a file may be, and how errors speak of it. */
export interface SealedKind {
  readonly format: string;
  readonly version: string;
  /** `snapshot`, as in 'the snapshot is damaged'. */
  readonly noun: string;
  /** The way out of damage: what to do instead. */
  readonly remedy: string;
}

/** Tensors, and words beside them. */
export interface TensorContent {
  readonly tensors: readonly TensorBytes[];
  readonly metadata: Readonly<Record<string, string>>;
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

const types = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

/** The element types that a sealed file holds. */
export type NumberType = keyof typeof types;

/** A sealed file, read. */
export interface SealedTensors {
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of the tensors. */
  readonly names: readonly string[];
  /** A copy of a tensor. Throws BAD_SNAPSHOT if it is missing or of another type. */
  get<Type extends NumberType>(name: string, type: Type): InstanceType<(typeof types)[Type]>;
  /** A copy of a tensor of any type. */
  any(name: string): Numbers;
}

/** A tensor over the bytes of an array; no copy. */
export function tensorOf(name: string, data: Numbers): TensorBytes {
  const dtype = (Object.keys(types) as NumberType[]).find((key) => data instanceof types[key]);
  if (dtype === undefined) throw new Error(`no tensor type for ${name}`);
  return { name, dtype, shape: [data.length], bytes: bytesOf(data) };
}

/** The metadata of a file with this content. @param fingerprint names the weights. */
export function seal(
  { format, version }: SealedKind,
  { tensors, metadata }: TensorContent,
  fingerprint: string,
): Readonly<Record<string, string>> {
  const all = { format, version, model: fingerprint, ...metadata };
  const sha256 = checksum(all, new Map(tensors.map((tensor) => [tensor.name, tensor])));
  return { ...all, sha256 };
}

/** Opens a file that lies in memory. Throws BAD_SNAPSHOT if it is another model's or kind, BAD_FILE if damaged. */
export function openSealed(bytes: Uint8Array, kind: SealedKind, fingerprint: string): SealedTensors {
  const { format, version, noun, remedy } = kind;
  const { metadata, tensors } = decodeSafetensors(bytes, `the ${noun}`);
  if (metadata.format !== format || metadata.version !== version) {
    const found = `${metadata.format ?? 'no format'} ${metadata.version ?? ''}`.trim();
    const message = `A ${noun} must be ${format} ${version}, and this is ${found}.`;
    throw new TreekvError('BAD_SNAPSHOT', message, { found });
  }
  if (metadata.model !== fingerprint) {
    const message = `This ${noun} was taken with other weights; load the model (and dtype) that it was taken with.`;
    throw new TreekvError('BAD_SNAPSHOT', message, { found: metadata.model, model: fingerprint });
  }
  if (checksum(metadata, tensors) !== metadata.sha256) {
    throw new TreekvError('BAD_FILE', `The ${noun} is damaged: its checksum is wrong; ${remedy}.`);
  }
  const copy = (name: string, type: NumberType | undefined): Numbers => {
    const tensor = tensors.get(name);
    if (tensor === undefined || (type !== undefined && tensor.dtype !== type)) {
      throw new TreekvError('BAD_SNAPSHOT', `The ${noun} lacks ${name}; ${remedy}.`, { name });
    }
    // A copy, aligned for its type; not `slice`, which gives a view where the bytes are a Buffer.
    return new types[tensor.dtype as NumberType](new Uint8Array(tensor.bytes).buffer);
  };
  return {
    metadata,
    names: [...tensors.keys()],
    get: <Type extends NumberType>(name: string, type: Type) =>
      copy(name, type) as InstanceType<(typeof types)[Type]>,
    any: (name) => copy(name, undefined),
  };
}

/** SHA-256 over metadata and tensors, in the order of their names. */
function checksum(
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, Pick<TensorBytes, 'dtype' | 'bytes'>>,
): string {
  const hash = createHash('sha256');
  for (const key of Object.keys(metadata).sort()) {
    if (key !== 'sha256') hash.update(`${JSON.stringify([key, metadata[key]])}\n`);
  }
  for (const [name, { dtype, bytes }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${JSON.stringify([name, dtype, bytes.length])}\n`).update(bytes);
  }
  return hash.digest('hex');
}
