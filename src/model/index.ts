export { type ModelConfig, parseConfig } from './config.ts';
export { decoderGraph } from './decoderGraph.ts';
export { EmbeddingTable } from './embeddingTable.ts';
export { type GenerationDefaults, readGenerationDefaults } from './generationDefaults.ts';
export type { Dtype, LinearFormat, PackedTensor, PackedWeights } from './packed.ts';
export { openPacked } from './packedWeights.ts';
export { packModel } from './packModel.ts';
export { openTokenizer, TextTokenizer } from './tokenizer.ts';
