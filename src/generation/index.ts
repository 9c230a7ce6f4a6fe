export { Batch, type StepTimes } from './batch.ts';
export type { BatchOutput, RowInput } from './batchStep.ts';
export { CacheMeter, peakRssBytes } from './cacheMeter.ts';
export { type CacheContent, cacheTensors, readCacheTensors } from './cacheTensors.ts';
export { Chat } from './chat.ts';
export { type ChatOptions, planChat } from './chatOptions.ts';
export { chunkOption, mostScored, nextChunk } from './chunks.ts';
export { type CompressedPrompt, compressPrompt } from './compressPrompt.ts';
export { type GenerateOptions, type GeneratePlan, planGeneration } from './generateOptions.ts';
export { type GenerationResult, GenerationStream } from './generationStream.ts';
export { type GroupLimits, groupRows } from './groupRows.ts';
export { type HeldSequence, openCache, openSequence } from './heldSequence.ts';
export { type LocalModel, type LocalModelOptions, loadLocalModel } from './localModel.ts';
export { LocalSession, type SessionState } from './localSession.ts';
export {
  type LoadOptions,
  type LoadProgress,
  load,
  Model,
  type PerplexityOptions,
  type PerplexityResult,
  packedWeights,
} from './model.ts';
export type { PromptOptions, QueryUse } from './promptOptions.ts';
export type { ScoreAnswer, ScoredText, ScoreRequest } from './protocol.ts';
export { type PromptReading, readPrompt } from './readPrompt.ts';
export type { CacheStatistics, GenerationStatistics, RunStatistics } from './results.ts';
export { argmax } from './sampler.ts';
export { isEarlierSave } from './savedChat.ts';
export {
  type ScoreOptions,
  type ScoreProgress,
  type ScoreResult,
  type ScoreRow,
  score,
} from './score.ts';
export {
  openSealed,
  type SealedKind,
  type SealedTensors,
  seal,
  type TensorContent,
} from './sealedTensors.ts';
export { type AppendOptions, Session } from './session.ts';
export type { SessionOptions, SessionPlan } from './sessionPlan.ts';
export { requireRunInWindow } from './slidingWindow.ts';
