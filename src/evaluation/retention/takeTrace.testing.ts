// Test support: a trace without a model. A simulated cache (policies/simulate.testing.ts) stands for a layer, and
// what it kept after each chunk is told beside the trace. It checks nothing.
import type { CacheOptions, PolicyDefinition } from '../../policies/index.ts';
import { type Attention, SimulatedCache, softmaxLike } from '../../policies/simulate.testing.ts';
import type { KeptTokens } from './keptTokens.ts';
import type { Trace } from './trace.ts';
import { TraceRecorder } from './traceRecorder.ts';
import { watchedPolicy } from './watchedPolicy.ts';

export interface TraceScenario {
  readonly definition: PolicyDefinition;
  readonly options?: CacheOptions;
  readonly layers?: number;
  readonly heads?: number;
  /** Of each layer. */
  readonly attention?: (layer: number) => Attention;
}

/** A trace, and what was kept after each chunk. */
export interface TakenTrace {
  readonly trace: Trace;
  readonly kept: readonly KeptTokens[];
}

/** Reads chunks of the given lengths in all layers. */
export function takeTrace(scenario: TraceScenario, chunks: readonly number[]): TakenTrace {
  const { definition, options = {}, layers = 1, heads = 1, attention = softmaxLike } = scenario;
  const plan = definition.plan(options);
  const tokens = chunks.reduce((sum, chunk) => sum + chunk, 0);
  const recorder = new TraceRecorder('any name', plan, tokens);
  const watched = watchedPolicy(definition, [recorder]);
  const caches = Array.from({ length: layers }, (_, layer) => {
    const policy = watched.create(plan, { heads, layer });
    return new SimulatedCache(policy, heads, attention(layer));
  });
  const kept = chunks.map((chunk) => {
    for (const cache of caches) cache.step(chunk);
    return { heads, layers: caches.map((cache) => Int32Array.from(cache.kept.flat())) };
  });
  return { trace: recorder.trace(kept[kept.length - 1]), kept };
}

/** As many chunks of one token. */
export function oneByOne(tokens: number): number[] {
  return Array<number>(tokens).fill(1);
}
