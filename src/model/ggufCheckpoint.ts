// The checkpoint in a GGUF file: config, names and rows as Hugging Face has them. Q4_0, Q5_0 and Q8_0 are
// offered as blocks too, since the engine runs those as they are. Two things lie otherwise in these files: rows of
// queries and keys are in another order for the Llama architecture (its rotary embedding turns neighbours there,
// halves in Hugging Face's models), and the factors of the rotary embedding are a tensor.
import { TreekvError } from '../core/index.ts';
import {
  type GgufFile,
  type GgufTensor,
  ggufConfig,
  isRepackable,
  openGguf,
  repackedBits,
  repackRows,
  rowBytes,
  tensorName,
  widenGguf,
} from '../gguf/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type ModelConfig, parseConfig, storeConfig } from './config.ts';
import { fingerprintOf } from './fingerprint.ts';
import { restoreRopeScaling } from './ropeConfig.ts';

/** What the rotary embedding's frequencies are divided by, [D/2]. */
const ropeFactors = 'rope_freqs.weight';

/** Opens a GGUF file; its model must be one that treekv runs. */
export async function openGgufCheckpoint(path: string): Promise<Checkpoint> {
  const opened = await openGguf(path);
  try {
    return await checkpointOf(opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function checkpointOf(opened: GgufFile): Promise<Checkpoint> {
  const { file } = opened;
  const config = await readConfig(opened);
  const tensors = new Map<string, GgufTensor>();
  for (const [name, tensor] of opened.tensors) {
    // what has no name there is listed under its own, for the packer to refuse
    if (name !== ropeFactors) tensors.set(tensorName(name) ?? name, tensor);
  }
  const lookUp = (name: string): GgufTensor => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new TreekvError(
      'BAD_WEIGHTS',
      `${file} has no tensor for ${name}, which its metadata ask for; download or convert the file again`,
      { file, name },
    );
  };
  const rows = (name: string, first: number, count: number): Promise<Uint8Array> => {
    const tensor = lookUp(name);
    return isPermuted(opened, name)
      ? readPermuted(opened, tensor, config.headDim, first, count)
      : readInOrder(opened, tensor, first, count);
  };
  const configBytes = new TextEncoder().encode(storeConfig(config));
  return {
    path: file,
    config,
    files: [file],
    held: [...new Set([...opened.tensors.values()].map(({ type }) => type))].sort(),
    names: [...tensors.keys()].sort(),
    demand(name, expected) {
      const { name: own, shape } = lookUp(name);
      if (String(shape) === String(expected)) return;
      throw new TreekvError(
        'BAD_WEIGHTS',
        `${file}: tensor ${own} has shape [${shape}], but the metadata make it [${expected}]`,
        { file, name: own, expected, actual: shape },
      );
    },
    async readRows(name, first, count) {
      const tensor = lookUp(name);
      return widenGguf(tensor.type, await rows(name, first, count), count * columnsOf(tensor));
    },
    blockFormat(name) {
      const { type, shape } = lookUp(name);
      const bits = repackedBits(type);
      return shape.length !== 2 || bits === undefined ? undefined : { kind: 'blocks', bits, block: 32 };
    },
    async readBlocks(name, bits, first, count) {
      const tensor = lookUp(name);
      if (!isRepackable(tensor.type)) throw new Error(`${name} holds ${tensor.type}, not plain blocks`);
      const columns = columnsOf(tensor);
      const bytes = await rows(name, first, count);
      return {
        bits,
        block: 32,
        rows: count,
        columns,
        ...repackRows(tensor.type, bits, bytes, count, columns),
      };
    },
    fingerprint: () => fingerprintOf(configBytes, [opened]),
    close: () => opened.close(),
  };
}

async function readConfig(opened: GgufFile): Promise<ModelConfig> {
  const { file, metadata, tensors } = opened;
  const config = parseConfig(ggufConfig(metadata, tensors, file), file);
  const tensor = tensors.get(ropeFactors);
  if (tensor === undefined) return config;
  if (config.ropeScaling !== null) {
    throw new TreekvError(
      'UNSUPPORTED',
      `${file} scales the rotary embedding by its metadata and by ${ropeFactors}; treekv reads one of them`,
      { file, ropeScaling: config.ropeScaling },
    );
  }
  const bytes = await opened.readRange(tensor.offset, tensor.length);
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const factors = Array.from(widenGguf(tensor.type, bytes, count));
  return { ...config, ropeScaling: restoreRopeScaling({ kind: 'factors', factors }, config.headDim, file) };
}

function columnsOf({ shape }: GgufTensor): number {
  return shape[shape.length - 1];
}

/** Whether the rows of a tensor are those of heads whose pairs are neighbours. */
function isPermuted({ metadata }: GgufFile, name: string): boolean {
  return metadata.get('general.architecture') === 'llama' && /\.self_attn\.[qk]_proj\.weight$/.test(name);
}

function readInOrder(
  opened: GgufFile,
  tensor: GgufTensor,
  first: number,
  count: number,
): Promise<Uint8Array> {
  const stride = rowBytes(tensor.type, columnsOf(tensor));
  return opened.readRange(tensor.offset + first * stride, count * stride);
}

/** Rows in Hugging Face's order: of a head's D rows, the first of each pair, then the second of each. */
async function readPermuted(
  opened: GgufFile,
  tensor: GgufTensor,
  headDim: number,
  first: number,
  count: number,
): Promise<Uint8Array> {
  const begin = Math.floor(first / headDim) * headDim;
  const end = Math.ceil((first + count) / headDim) * headDim;
  const stored = await readInOrder(opened, tensor, begin, end - begin);
  const stride = stored.length / (end - begin);
  const out = new Uint8Array(count * stride);
  for (let row = first; row < first + count; row++) {
    const inHead = row % headDim;
    const pair = inHead % (headDim / 2);
    const half = inHead < headDim / 2 ? 0 : 1;
    const from = row - inHead + 2 * pair + half - begin;
    out.set(stored.subarray(from * stride, (from + 1) * stride), (row - first) * stride);
  }
  return out;
}
