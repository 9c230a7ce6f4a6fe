// The library as users import it: `import { load } from 'treekv'`.

export type { ChatMessage, ToolDefinition } from './chat/index.ts';
export { type ErrorCode, type ErrorDetails, TreekvError } from './core/index.ts';
export {
  type AppendOptions,
  type CacheStatistics,
  type Chat,
  type ChatOptions,
  type GenerateOptions,
  type GenerationResult,
  type GenerationStatistics,
  type GenerationStream,
  type LoadOptions,
  type LoadProgress,
  load,
  type Model,
  type PerplexityOptions,
  type PerplexityResult,
  type PromptOptions,
  type QueryUse,
  type RunStatistics,
  type ScoreAnswer,
  type ScoredText,
  type ScoreRequest,
  type Session,
  type SessionOptions,
} from './generation/index.ts';
export {
  type CachedFile,
  type CachedModel,
  findCached,
  type PulledModel,
  type PullOptions,
  type PullProgress,
  pull,
} from './hub/index.ts';
export type { Dtype, ModelConfig } from './model/index.ts';
export type {
  CacheOptions,
  CachePlan,
  Policy,
  PolicyDefinition,
  PolicyState,
  StepView,
} from './policies/index.ts';
export type { PrefillOptions, PrefillPlan } from './prefill/index.ts';
