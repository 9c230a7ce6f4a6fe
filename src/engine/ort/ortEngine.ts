// The engine on ONNX Runtime's CPU provider. Facts about onnxruntime-node 1.30 that shape it: inputs are
// read in place, so the store's arrays are passed as they are and tensors are built anew only when an array
// or a shape changes; every output is copied, so the cache never comes out; `run` blocks its thread, so this
// belongs in a worker; one session serves prefill and decode, because packed weights are not shared.
import { dirname } from 'node:path';
import { NativeGate, TreekvError, threadOption } from '../../core/index.ts';
import { decoderGraph, EmbeddingTable, type ModelConfig, type PackedWeights } from '../../model/index.ts';
import type { Capabilities, Engine, KvStore } from '../engine.ts';
import { InferenceSession, type OnnxValue, type OnnxValues, requireSilentRuntime } from './onnxRuntime.ts';
import { type GraphRunner, OrtStore } from './ortStore.ts';
import { RotaryTable } from './rotaryTable.ts';

/** Settings of the ONNX Runtime engine. */
export interface OrtEngineOptions {
  /** Threads inside an operator, at most `mostThreads`. @default the cores at hand */
  readonly threads?: number;
  /** Every native call passes it, so that the thread can be ended. @default one that nobody shuts */
  readonly gate?: NativeGate;
}

/** Loads packed weights into ONNX Runtime. Throws UNSUPPORTED where its telemetry cannot be switched off. */
export async function createOrtEngine(
  weights: PackedWeights,
  options: OrtEngineOptions = {},
): Promise<Engine> {
  requireSilentRuntime();
  const { gate = new NativeGate() } = options;
  const threads = threadOption(options.threads);
  const embeddings = await EmbeddingTable.open(weights);
  try {
    const session = await gate.pass(() =>
      InferenceSession.create(decoderGraph(weights), {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        logSeverityLevel: 3,
        extra: { session: { model_external_initializers_file_folder_path: dirname(weights.file) } },
      }),
    );
    return new OrtEngine(weights.config, session, embeddings, gate);
  } catch (error) {
    await embeddings.close();
    throw error;
  }
}

class OrtEngine implements Engine, GraphRunner {
  readonly config: ModelConfig;
  readonly capabilities: Capabilities = { device: 'cpu', mostRows: Infinity, mostTokens: Infinity };
  readonly rotary: RotaryTable;
  private readonly session: InferenceSession;
  private readonly embeddings: EmbeddingTable;
  private readonly gate: NativeGate;
  private disposed = false;

  constructor(config: ModelConfig, session: InferenceSession, embeddings: EmbeddingTable, gate: NativeGate) {
    this.config = config;
    this.session = session;
    this.embeddings = embeddings;
    this.gate = gate;
    this.rotary = new RotaryTable(config);
  }

  open(rows: number, capacity: number): KvStore {
    return new OrtStore(this, rows, capacity);
  }

  embed(ids: Int32Array, out: Float32Array): void {
    this.requireOpen();
    const { hiddenSize } = this.config;
    for (let i = 0; i < ids.length; i++) this.embeddings.row(ids[i], out, i * hiddenSize);
  }

  async run(feeds: Record<string, OnnxValue>): Promise<OnnxValues> {
    this.requireOpen();
    try {
      return await this.gate.pass(() => this.session.run(feeds));
    } catch (cause) {
      if (cause instanceof TreekvError) throw cause;
      // disposed between the call and its turn
      this.requireOpen();
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new TreekvError('ENGINE_FAILED', `ONNX Runtime failed: ${words}`, {}, { cause });
    }
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.gate.pass(() => this.session.release());
    await this.embeddings.close();
  }

  private requireOpen(): void {
    if (this.disposed) throw new TreekvError('DISPOSED', 'The model was disposed; load it again.');
  }
}
