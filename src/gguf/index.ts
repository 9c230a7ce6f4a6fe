export type {
  GgufArray,
  GgufFile,
  GgufMetadata,
  GgufNumbers,
  GgufTensor,
  GgufTensorType,
  GgufValue,
} from './gguf.ts';
