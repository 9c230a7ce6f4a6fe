export { Batch, type BatchOutput, type RowInput, type StepTimes } from './batch.ts';
export { Chat } from './chat.ts';
export { type ChatOptions, planChat } from './chatOptions.ts';
export { type GenerateOptions, type GeneratePlan, planGeneration } from './generateOptions.ts';
export { type GenerationResult, GenerationStream } from './generationStream.ts';
export { type LocalModel, type LocalModelOptions, loadLocalModel } from './localModel.ts';
export { LocalSession, type SessionPlan, type SessionState } from './localSession.ts';
export {
  type LoadOptions,
  type LoadProgress,
  load,
  Model,
  type PerplexityOptions,
  type PerplexityResult,
  packedWeights,
  type SessionOptions,
} from './model.ts';
export type { ScoreAnswer, ScoredText, ScoreRequest } from './protocol.ts';
export type { CacheStatistics, GenerationStatistics } from './results.ts';
export { type ScoreOptions, type ScoreProgress, type ScoreResult, type ScoreRow, score } from './score.ts';
export { Session } from './session.ts';
