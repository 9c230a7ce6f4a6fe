// A loaded model beside its sessions: what lives in the worker thread. It is complete without a worker, for
// tests and for programs that bring their own threads; but a step blocks the thread that it runs on.
import { TreekvError } from '../core/index.ts';
import { createOrtEngine, type Engine } from '../engine/index.ts';
import {
  type Dtype,
  openTokenizer,
  type PackedWeights,
  packedFingerprint,
  preparePacked,
  readGenerationDefaults,
  type TextTokenizer,
} from '../model/index.ts';

/** How a model is loaded. */
export interface LocalModelOptions {
  /** @default what the folder holds if it is packed, else q8 */
  readonly dtype?: Dtype;
  /** Threads of the engine. @default the cores at hand */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Share of the weights packed so far, 0 to 1; not called if they are packed already. */
  readonly onProgress?: (share: number) => void;
}

/** A model with its engine and tokenizer. */
export interface LocalModel {
  readonly folder: string;
  readonly weights: PackedWeights;
  readonly engine: Engine;
  readonly tokenizer: TextTokenizer;
  readonly eosIds: readonly number[];
  /** Names the weights, on any machine. */
  readonly fingerprint: string;
}

/** Loads the model in a folder. */
export async function loadLocalModel(folder: string, options: LocalModelOptions = {}): Promise<LocalModel> {
  const { dtype, threads, signal, onProgress } = options;
  const weights = await preparePacked(folder, dtype, { signal, onProgress });
  if (signal?.aborted) throw new TreekvError('ABORTED', 'Loading was aborted.');
  const [tokenizer, { eosIds }, fingerprint] = await Promise.all([
    openTokenizer(folder),
    readGenerationDefaults(folder),
    packedFingerprint(weights),
  ]);
  const engine = await createOrtEngine(weights, threads === undefined ? {} : { threads });
  return { folder, weights, engine, tokenizer, eosIds, fingerprint };
}
