// Writes a GGUF file with random weights in the shape of Qwen2.5-0.5B, for benchmarks that a peer must read
// too: speed does not depend on the values. Blocks are drawn as bytes, with scales that keep activations tame.
import { type FileHandle, open } from 'node:fs/promises';
import { Random } from '../src/core/index.ts';

/** Block types that both sides run as they are. */
export type RandomType = 'q4_0' | 'q8_0';

export const shape = {
  layers: 24,
  hidden: 896,
  ffn: 4864,
  queryHeads: 14,
  kvHeads: 2,
  headDim: 64,
  vocab: 151936,
  context: 32768,
} as const;

interface TensorPlan {
  readonly name: string;
  /** Columns, then rows; a vector has columns only. */
  readonly sizes: readonly number[];
  /** Bytes. */
  readonly length: number;
}

// [number in the file, bytes of a block of 32, upper half of the scale's float16]
const blocks = { q4_0: [2, 18, 0x1c], q8_0: [8, 34, 0x0c] } as const;
const F32 = 0;
const alignment = 32;

/** Writes the file; its size in bytes. */
export async function writeRandomGguf(file: string, type: RandomType): Promise<number> {
  const [typeNumber, blockBytes, scaleByte] = blocks[type];
  const tensors = plan(blockBytes);
  const header = new Header();
  header.raw(new TextEncoder().encode('GGUF')).u32(3).u64(tensors.length);
  const metadata = keys();
  header.u64(metadata.length);
  for (const write of metadata) write(header);
  let offset = 0;
  for (const { name, sizes, length } of tensors) {
    header.text(name).u32(sizes.length);
    for (const size of sizes) header.u64(size);
    header.u32(sizes.length === 1 ? F32 : typeNumber).u64(offset);
    offset += padded(length);
  }
  const handle = await open(file, 'w');
  try {
    const head = header.bytes();
    await handle.write(head);
    await handle.write(new Uint8Array(padded(head.length) - head.length));
    // one stretch of random blocks, written again and again: fast, and no two rows begin at the same block
    const stretch = randomBlocks(blockBytes, scaleByte, 100_003);
    for (const { sizes, length } of tensors) {
      if (sizes.length === 1) await writeVector(handle, sizes[0]);
      else await repeat(handle, stretch, length);
      await handle.write(new Uint8Array(padded(length) - length));
    }
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

function plan(blockBytes: number): TensorPlan[] {
  const { hidden, ffn, queryHeads, kvHeads, headDim, vocab } = shape;
  const tensors: TensorPlan[] = [];
  const vector = (name: string, size: number) => tensors.push({ name, sizes: [size], length: 4 * size });
  const matrix = (name: string, columns: number, rows: number) =>
    tensors.push({ name, sizes: [columns, rows], length: ((columns * rows) / 32) * blockBytes });
  matrix('token_embd.weight', hidden, vocab);
  vector('output_norm.weight', hidden);
  for (let layer = 0; layer < shape.layers; layer++) {
    const at = `blk.${layer}`;
    vector(`${at}.attn_norm.weight`, hidden);
    for (const [name, heads] of [
      ['q', queryHeads],
      ['k', kvHeads],
      ['v', kvHeads],
    ] as const) {
      matrix(`${at}.attn_${name}.weight`, hidden, heads * headDim);
      vector(`${at}.attn_${name}.bias`, heads * headDim);
    }
    matrix(`${at}.attn_output.weight`, queryHeads * headDim, hidden);
    vector(`${at}.ffn_norm.weight`, hidden);
    matrix(`${at}.ffn_gate.weight`, hidden, ffn);
    matrix(`${at}.ffn_up.weight`, hidden, ffn);
    matrix(`${at}.ffn_down.weight`, ffn, hidden);
  }
  return tensors;
}

/** Metadata: the shape, and a SentencePiece vocabulary of made-up pieces. */
function keys(): ((header: Header) => void)[] {
  const number = (key: string, value: number) => (header: Header) => header.text(key).u32(4).u32(value);
  const real = (key: string, value: number) => (header: Header) => header.text(key).u32(6).f32(value);
  const text = (key: string, value: string) => (header: Header) => header.text(key).u32(8).text(value);
  const pieces = ['<unk>', '<s>', '</s>'];
  for (let byte = 0; byte < 256; byte++) {
    pieces.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  }
  const first = pieces.length;
  while (pieces.length < shape.vocab) pieces.push(`\u2581w${pieces.length}`);
  const types = pieces.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < first ? 6 : 1));
  const list = (key: string, type: number) => (header: Header) =>
    header.text(key).u32(9).u32(type).u64(pieces.length);
  return [
    text('general.architecture', 'qwen2'),
    text('general.name', 'random'),
    number('qwen2.block_count', shape.layers),
    number('qwen2.context_length', shape.context),
    number('qwen2.embedding_length', shape.hidden),
    number('qwen2.feed_forward_length', shape.ffn),
    number('qwen2.attention.head_count', shape.queryHeads),
    number('qwen2.attention.head_count_kv', shape.kvHeads),
    real('qwen2.rope.freq_base', 1e6),
    real('qwen2.attention.layer_norm_rms_epsilon', 1e-6),
    text('tokenizer.ggml.model', 'llama'),
    (header) => {
      list('tokenizer.ggml.tokens', 8)(header);
      for (const piece of pieces) header.text(piece);
    },
    (header) => {
      list('tokenizer.ggml.scores', 6)(header);
      for (let id = 0; id < pieces.length; id++) header.f32(-id);
    },
    (header) => {
      list('tokenizer.ggml.token_type', 5)(header);
      for (const type of types) header.u32(type);
    },
    number('tokenizer.ggml.bos_token_id', 1),
    number('tokenizer.ggml.eos_token_id', 2),
    number('tokenizer.ggml.unknown_token_id', 0),
  ];
}

/** Bytes that grow, little-endian. */
class Header {
  private bytesWritten = 0;
  private buffer = Buffer.alloc(1 << 23);

  raw(bytes: Uint8Array): this {
    this.room(bytes.length);
    this.buffer.set(bytes, this.bytesWritten);
    this.bytesWritten += bytes.length;
    return this;
  }

  u32(value: number): this {
    this.room(4);
    this.bytesWritten = this.buffer.writeUInt32LE(value, this.bytesWritten);
    return this;
  }

  u64(value: number): this {
    this.room(8);
    this.bytesWritten = this.buffer.writeBigUInt64LE(BigInt(value), this.bytesWritten);
    return this;
  }

  f32(value: number): this {
    this.room(4);
    this.bytesWritten = this.buffer.writeFloatLE(value, this.bytesWritten);
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.u64(bytes.length).raw(bytes);
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.bytesWritten);
  }

  private room(more: number): void {
    if (this.bytesWritten + more <= this.buffer.length) return;
    this.buffer = Buffer.concat([this.buffer, Buffer.alloc(this.buffer.length)]);
  }
}

function randomBlocks(blockBytes: number, scaleByte: number, count: number): Uint8Array {
  const random = new Random(7);
  const bytes = new Uint8Array(count * blockBytes);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random.next() * 256);
  for (let at = 1; at < bytes.length; at += blockBytes) bytes[at] = scaleByte;
  return bytes;
}

async function repeat(handle: FileHandle, stretch: Uint8Array, length: number): Promise<void> {
  for (let done = 0; done < length; done += stretch.length) {
    await handle.write(stretch, 0, Math.min(stretch.length, length - done));
  }
}

async function writeVector(handle: FileHandle, size: number): Promise<void> {
  const values = Float32Array.from({ length: size }, (_, i) => 0.5 + (i % 7) / 7);
  await handle.write(new Uint8Array(values.buffer));
}

function padded(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}
