export { type Engine, type KvStore, type LayerEntries, type LayerRequest, type StepRequest, type StepResult } from './engine.ts';
export { createOrtEngine, type OrtEngineOptions } from './ortEngine.ts';
