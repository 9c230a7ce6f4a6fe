export type { Engine, KvStore, LayerEntries, LayerRequest, StepRequest, StepResult } from './engine.ts';
export { InferenceSession, type OnnxValue, requireSilentRuntime, Tensor } from './onnxRuntime.ts';
export { createOrtEngine, type OrtEngineOptions } from './ortEngine.ts';
