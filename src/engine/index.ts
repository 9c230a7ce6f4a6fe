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
export { requireSilentRuntime } from './ort/onnxRuntime.ts';
export { createOrtEngine, type OrtEngineOptions } from './ort/ortEngine.ts';
