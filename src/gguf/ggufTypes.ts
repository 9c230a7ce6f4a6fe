// The tensor types of ggml by number, and the block sizes of those that treekv reads. A row of a tensor is a
// whole number of blocks; a block holds its own scales, so that rows can be read one by one. Numbers 4, 5, 31
// to 33 and 36 to 38 belong to types that ggml has given up, and have names too, since old files hold them.
import type { GgufTensorType } from './gguf.ts';

/** A readable type. */
export interface GgufTypeLayout {
  /** The number that stands in a file. */
  readonly id: number;
  /** Weights of a block. */
  readonly block: number;
  /** Bytes of a block. */
  readonly bytes: number;
}

/** What treekv reads. */
export const ggufTypes: Readonly<Record<GgufTensorType, GgufTypeLayout>> = {
  F32: { id: 0, block: 1, bytes: 4 },
  F16: { id: 1, block: 1, bytes: 2 },
  BF16: { id: 30, block: 1, bytes: 2 },
  Q4_0: { id: 2, block: 32, bytes: 18 },
  Q4_1: { id: 3, block: 32, bytes: 20 },
  Q5_0: { id: 6, block: 32, bytes: 22 },
  Q5_1: { id: 7, block: 32, bytes: 24 },
  Q8_0: { id: 8, block: 32, bytes: 34 },
  Q4_K: { id: 12, block: 256, bytes: 144 },
  Q6_K: { id: 14, block: 256, bytes: 210 },
};

// the index is the number
const names: readonly string[] = [
  ...['F32', 'F16', 'Q4_0', 'Q4_1', 'Q4_2', 'Q4_3', 'Q5_0', 'Q5_1', 'Q8_0', 'Q8_1'],
  ...['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q8_K', 'IQ2_XXS', 'IQ2_XS', 'IQ3_XXS', 'IQ1_S'],
  ...['IQ4_NL', 'IQ3_S', 'IQ2_S', 'IQ4_XS', 'I8', 'I16', 'I32', 'I64', 'F64', 'IQ1_M'],
  ...['BF16', 'Q4_0_4_4', 'Q4_0_4_8', 'Q4_0_8_8', 'TQ1_0', 'TQ2_0', 'IQ4_NL_4_4', 'IQ4_NL_4_8'],
  ...['IQ4_NL_8_8', 'MXFP4', 'NVFP4', 'Q1_0'],
];

/** ggml's name of type `id`; undefined for a number that ggml has not given out. */
export function ggufTypeName(id: number): string | undefined {
  return names[id];
}

/** Whether treekv reads the type of this name. */
export function isGgufTensorType(name: string): name is GgufTensorType {
  return Object.hasOwn(ggufTypes, name);
}

/** Bytes of a row; `columns` must be a multiple of the type's block. */
export function rowBytes(type: GgufTensorType, columns: number): number {
  const { block, bytes } = ggufTypes[type];
  return (columns / block) * bytes;
}
