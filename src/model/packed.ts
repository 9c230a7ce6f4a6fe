// Packed weights: the one form in which weights reach the graph. A packed file is a safetensors file whose
// tensors lie as the engine reads them, so that it can be mapped with no further conversion. Made by
// `packModel` from a Hugging Face folder or a GGUF file, kept in the weights cache, and shipped for the default
// model. Its metadata say the weight type, the config, the formats of matrices that have another than the weight
// type's own, since they were quantised before (`keptFormats`), the checksums (`packedChecksums.ts`), and in the
// cache the key of the model that it was made from (`sourceKey.ts`).
//
// Names, with L the layer, and [N, K] the rows (outputs) and columns (inputs) of a linear layer:
//   embed.weight              fp32: F32 [V, d]; q8, q4: as a linear layer, 8 bits in both
//   L.norm1, L.norm2, norm    F32 [d]
//   L.qkv, L.o, L.gateUp, L.down   one linear layer each (q, k and v fused as rows, so are gate and up)
//   L.qkvBias                 F32 [H*D + 2*Hkv*D], where the model has it (Qwen2)
//   L.qNorm, L.kNorm          F32 [D], where the model norms queries and keys (Qwen3)
//   head                      the output projection; absent if tied (then embed serves)
// A linear layer X is `X.weight`, F32 [K, N] in fp32 (the order in which MatMul multiplies), and in q8 and
// q4 U8 [N, ceil(K/block), block * bits / 8] with `X.scales` F32 [N, ceil(K/block)], as MatMulNBits takes
// them: value = (code - 2^(bits-1)) * scale; 4-bit codes pack two neighbours a byte, the first in the low half.
// A tied fp32 head needs `head.weight` F32 [d, V] too, since the table of rows has the other order.
import type { ModelConfig } from './config.ts';

/** Weight types that the engine runs. */
export type Dtype = 'fp32' | 'q8' | 'q4';

/** Where a tensor lies in a packed file. */
export interface PackedTensor {
  readonly dtype: 'F32' | 'U8';
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** Codes of so many bits, `block` neighbours of a row sharing a scale. */
export interface BlockFormat {
  readonly kind: 'blocks';
  readonly bits: 4 | 8;
  readonly block: number;
}

/** How a linear layer is stored. */
export type LinearFormat = { readonly kind: 'float' } | BlockFormat;

/** A packed file, opened: its directory, not its bytes. */
export interface PackedWeights {
  /** Real path of the safetensors file. */
  readonly file: string;
  readonly dtype: Dtype;
  readonly config: ModelConfig;
  /** Tells these weights from others, in hexadecimal; a copy of the file has the same. */
  readonly fingerprint: string;
  /** The key of the model that it was packed from, if it was packed into the cache. */
  readonly source: string | undefined;
  readonly tensors: ReadonlyMap<string, PackedTensor>;
  /** The format of the linear layer `name` (`0.qkv`, `head`, `embed`, ...). */
  format(name: string): LinearFormat;
}
