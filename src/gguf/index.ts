export type {
  GgufArray,
  GgufFile,
  GgufMetadata,
  GgufNumbers,
  GgufTensor,
  GgufTensorType,
  GgufValue,
} from './gguf.ts';
export { type GgufChatTemplate, ggufChatTemplate, ggufEosIds } from './ggufChat.ts';
export { ggufConfig } from './ggufConfig.ts';
export { ggufTensorName, tensorName } from './ggufNames.ts';
export { type GgufTokenizer, ggufTokenizer } from './ggufTokenizer.ts';
export { rowBytes } from './ggufTypes.ts';
export { openGguf } from './openGguf.ts';
export {
  isRepackable,
  type RepackableType,
  type RepackedRows,
  repackedBits,
  repackRows,
} from './repackRows.ts';
export { widenGguf } from './widenGguf.ts';
