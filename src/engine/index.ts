export type { Engine, KvStore, LayerEntries, LayerRequest, StepRequest, StepResult } from './engine.ts';
export { createOrtEngine, type OrtEngineOptions } from './ortEngine.ts';
