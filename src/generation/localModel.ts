// A loaded model beside its sessions: what lives in the worker thread. It is complete without a worker, for
// tests and for programs that bring their own threads; but a step blocks the thread that it runs on.
import { type NativeGate, TreekvError, threadOption } from '../core/index.ts';
import { createOrtEngine, type Engine, requireSilentRuntime } from '../engine/index.ts';
import {
  type Dtype,
  type ModelSource,
  modelSource,
  type PackedWeights,
  preparePacked,
  type TextTokenizer,
} from '../model/index.ts';

/** How a model is loaded. */
export interface LocalModelOptions {
  /** @default what the folder holds if it is packed, else q8 */
  readonly dtype?: Dtype;
  /** Threads of the engine, at most `mostThreads`. @default the cores at hand */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** What the engine's native calls pass, in a thread that another may end. */
  readonly gate?: NativeGate;
  /** Share of the weights packed so far, 0 to 1; not called if they are packed already. */
  readonly onProgress?: (share: number) => void;
  /** Something to know that does not keep the model from running, such as a damaged file that was made anew. */
  readonly onWarning?: (message: string) => void;
}

/** A model with its engine and tokenizer. */
export interface LocalModel {
  /** Where it was loaded from. */
  readonly source: ModelSource;
  /** Its weights, packed. */
  readonly weights: PackedWeights;
  /** What runs it. */
  readonly engine: Engine;
  /** Encodes and decodes its texts. */
  readonly tokenizer: TextTokenizer;
  /** Tokens that end a text. */
  readonly eosIds: readonly number[];
  /** Names the weights, on any machine. */
  readonly fingerprint: string;
}

/** Loads the model at a path, a folder or a file. */
export async function loadLocalModel(path: string, options: LocalModelOptions = {}): Promise<LocalModel> {
  const { dtype, signal, gate, onProgress, onWarning } = options;
  // Both before weights are packed, which may take minutes.
  const threads = threadOption(options.threads);
  requireSilentRuntime();
  const source = modelSource(path);
  const weights = await preparePacked(path, dtype, { signal, onProgress, onWarning });
  throwIfAborted(signal);
  // The engine first: what it needs only while it loads is gone before a large tokenizer takes its place.
  const engine = await createOrtEngine(weights, {
    threads,
    ...(gate !== undefined && { gate }),
  });
  try {
    throwIfAborted(signal);
    const [tokenizer, { eosIds }] = await Promise.all([
      source.openTokenizer(),
      source.readGenerationDefaults(),
    ]);
    throwIfAborted(signal);
    return { source, weights, engine, tokenizer, eosIds, fingerprint: weights.fingerprint };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TreekvError('ABORTED', 'Loading was aborted.');
}
