// Sessions with other settings than the library's, for the benchmarks that compare settings. The engine
// offers none of them, because one set is best (`sessionOptions.ts` says which); here they are put in
// on the way to ONNX Runtime, so that what is measured is the whole engine.
import { dirname } from 'node:path';
import { createOrtEngine, type Engine, InferenceSession } from '../src/engine/index.ts';
import type { PackedWeights } from '../src/model/index.ts';

export interface SessionSettings {
  readonly threads?: number;
  readonly optimisation?: 'all' | 'extended' | 'basic' | 'disabled';
  /** ONNX Runtime's session configuration entries. */
  readonly entries?: Readonly<Record<string, string>>;
}

/** A session over a graph whose weights lie in the packed file. */
export function openSession(
  graph: Uint8Array,
  weights: PackedWeights | undefined,
  settings: SessionSettings = {},
): Promise<InferenceSession> {
  const folder = weights && { model_external_initializers_file_folder_path: dirname(weights.file) };
  return InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    intraOpNumThreads: settings.threads ?? 2,
    graphOptimizationLevel: settings.optimisation ?? 'all',
    logSeverityLevel: 3,
    extra: { session: { ...folder, ...settings.entries } },
  });
}

/** The library's engine with other session settings. */
export async function openEngine(weights: PackedWeights, settings: SessionSettings): Promise<Engine> {
  const factory: { create: unknown } = InferenceSession;
  const original = factory.create;
  factory.create = (graph: Uint8Array) => {
    factory.create = original;
    return openSession(graph, weights, settings);
  };
  try {
    return await createOrtEngine(weights);
  } finally {
    factory.create = original;
  }
}
