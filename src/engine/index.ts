export type {
  Capabilities,
  Device,
  Engine,
  GatherRequest,
  KvStore,
  LayerEntries,
  LayerRequest,
  StepRequest,
  StepResult,
} from './engine.ts';
export { InferenceSession, type OnnxValue, requireSilentRuntime, Tensor } from './ort/onnxRuntime.ts';
export { createOrtEngine, type OrtEngineOptions } from './ort/ortEngine.ts';
