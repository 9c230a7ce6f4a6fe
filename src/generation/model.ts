// The library's front door: `load` starts a thread with a model in it, `Model` makes sessions, generates and
// scores. All work is done in that thread; this decides options and passes them on.
import {
  type Check,
  integerOption,
  isBytes,
  isCheckedLater,
  isFlag,
  isFunction,
  isListOf,
  isName,
  isObject,
  isOneOf,
  isSignal,
  isText,
  requireArgument,
  requireNotAborted,
  requireOptions,
  threadOption,
} from '../core/index.ts';
import type { PullOptions, PullProgress } from '../hub/index.ts';
import { type Dtype, dtypes, type ModelConfig, resolveModel } from '../model/index.ts';
import { type CacheOptions, type CachePlan, faultOfPlan } from '../policies/index.ts';
import type { Chat } from './chat.ts';
import { type ChatOptions, chatChecks } from './chatOptions.ts';
import { Chats } from './chats.ts';
import { chunkOption } from './chunks.ts';
import { type GenerateOptions, generateChecks, planGeneration } from './generateOptions.ts';
import { GenerationStream } from './generationStream.ts';
import { type PromptOptions, planPrompt, promptChecks, requireText } from './promptOptions.ts';
import type { ModelDescription, ScoreAnswer, ScoreRequest } from './protocol.ts';
import type { ScoreProgress } from './score.ts';
import { Session } from './session.ts';
import {
  planOwnCache,
  planSession,
  presetSession,
  requireEvicting,
  type SessionOptions,
  type SessionPreset,
  sessionChecks,
} from './sessionPlan.ts';
import { WorkerClient } from './workerClient.ts';

/** What `progress_callback` is told, in Hugging Face's form. */
export interface LoadProgress {
  /** A file is begun, downloaded if it is not at hand, and done; the model is ready; or something to know. */
  readonly status: 'initiate' | 'download' | 'progress' | 'done' | 'ready' | 'warning';
  /** The model as it was asked for. */
  readonly name: string;
  /** The file of the hub's repository, or `packedWeights`; the model itself for a warning. */
  readonly file: string;
  /** Per cent. */
  readonly progress: number;
  /** Bytes at hand, of a file of a hub. */
  readonly loaded?: number;
  /** Bytes of that file. */
  readonly total?: number;
  /** The words of a warning. */
  readonly message?: string;
}

/** What `LoadProgress` calls the file that is made and not downloaded. */
export const packedWeights = 'packed weights';

/** Options of `load`. */
export interface LoadOptions extends SessionOptions {
  /** Weight type. @default what the folder holds if it is packed, else 'q8' */
  readonly dtype?: Dtype;
  /** Threads of the engine: at most four times the cores, where that is from 16 to 256. @default the cores at hand */
  readonly threads?: number;
  /** Branch, tag or commit of a model on a hub. @default the one in its name, else 'main' */
  readonly revision?: string;
  /** A model on a hub comes from the cache; no socket is opened. @default false, or HF_HUB_OFFLINE */
  readonly local_files_only?: boolean;
  /** Ends loading early with ABORTED; what was downloaded is kept. @default none */
  readonly signal?: AbortSignal;
  /** Is told of each file, of the packing of weights, and when the model is ready. @default none */
  readonly progress_callback?: (progress: LoadProgress) => void;
}

/** Options of `model.perplexity`. */
export interface PerplexityOptions {
  /** What is kept of keys and values. @default that of `load` */
  readonly cache?: CacheOptions;
  /** Tokens to score at most. @default all */
  readonly limit?: number;
  /** Tokens a run once entries are evicted, at most 4096; budget + chunk entries are visible. @default 1 */
  readonly chunk?: number;
  /** Ends the reading with `ABORTED`. @default none */
  readonly signal?: AbortSignal;
}

/** A text's perplexity. */
export interface PerplexityResult {
  /** exp of the mean negative log-likelihood. */
  readonly perplexity: number;
  /** Mean negative log-likelihood, natural logarithm; summed in float64. */
  readonly nll: number;
  /** Tokens scored. */
  readonly tokens: number;
  /** The `cache` option with everything decided. */
  readonly cache: CachePlan;
  /** Most entries per head that attention saw, the new ones included. */
  readonly entriesVisible: number;
  /** Most bytes that the cache held. */
  readonly peakCacheBytes: number;
  /** Mean over the tokens of the bytes that the cache held. */
  readonly meanCacheBytes: number;
  /** Most memory that the whole process has held resident since it began. */
  readonly peakRssBytes: number;
}

const loadChecks: Readonly<Record<keyof LoadOptions, Check>> = {
  ...sessionChecks,
  dtype: isOneOf(dtypes),
  threads: isCheckedLater,
  revision: isName,
  local_files_only: isFlag,
  signal: isSignal,
  progress_callback: isFunction,
};

const perplexityChecks: Readonly<Record<keyof PerplexityOptions, Check>> = {
  cache: isObject,
  limit: isCheckedLater,
  chunk: isCheckedLater,
  signal: isSignal,
};

const scoreChecks: Readonly<Record<keyof ScoreRequest, Check>> = {
  texts: isListOf('texts', isText),
  plans: isListOf('cache plans, as model.cache is one', faultOfPlan),
  limit: isCheckedLater,
  chunk: isCheckedLater,
};

const MODEL_HINT = ' Give a folder, a .gguf file, or the name of a model on a hub.';

/**
 * Loads a model: a Hugging Face folder, a .gguf file, the name of a model on a hub (`org/name`, `org/name@revision`,
 * `org/name/file.gguf`), which is downloaded once, or the name of the embedded one. Throws FILE_NOT_FOUND, BAD_FILE,
 * BAD_WEIGHTS, UNSUPPORTED, BAD_OPTION, WRITE_FAILED, DOWNLOAD_FAILED, NOT_AUTHORISED, ABORTED.
 */
export async function load(model?: string, options: LoadOptions = {}): Promise<Model> {
  if (model !== undefined) requireArgument('load', 'model', model, isName, MODEL_HINT);
  requireOptions('load', options, loadChecks);
  const { dtype, signal, progress_callback: report } = options;
  requireNotAborted(signal);
  const threads = threadOption(options.threads);
  // checked before the model is fetched, which may take minutes
  const preset = await presetSession(options);
  const path = await resolveModel(model, pullOptions(model ?? '', options));
  const name = model ?? path;
  const file = packedWeights;
  const client = new WorkerClient();
  try {
    report?.({ status: 'initiate', name, file, progress: 0 });
    const description = await client.call('load', { path, dtype, threads }, signal, (told) =>
      report?.(
        'warning' in told
          ? { status: 'warning', name, file: name, progress: 0, message: told.warning }
          : { status: 'progress', name, file, progress: 100 * told.packed },
      ),
    );
    report?.({ status: 'done', name, file, progress: 100 });
    report?.({ status: 'ready', name, file, progress: 100 });
    return new Model(client, description, preset);
  } catch (error) {
    await client.dispose();
    throw error;
  }
}

/** A loaded model. */
export class Model {
  /** The folder or file that it was loaded from. */
  readonly path: string;
  /** Weight type. */
  readonly dtype: Dtype;
  /** The numbers of the model. */
  readonly config: ModelConfig;
  /** Names the weights, on any machine. */
  readonly fingerprint: string;
  private readonly client: WorkerClient;
  private readonly preset: SessionPreset;
  private readonly chats: Chats;

  /** @internal Made by `load()`. */
  constructor(client: WorkerClient, description: ModelDescription, preset: SessionPreset) {
    this.client = client;
    this.preset = preset;
    this.chats = new Chats(client);
    this.path = description.path;
    this.dtype = description.dtype;
    this.config = description.config;
    this.fingerprint = description.fingerprint;
  }

  /** The `cache` option of `load` with everything decided. */
  get cache(): CachePlan {
    return this.preset.cache;
  }

  /**
   * Continues a prompt, and a question about it if there is one: a session for one answer.
   * Throws BAD_OPTION, EMPTY_INPUT, ABORTED or DISPOSED when it is read.
   */
  generate(prompt: string, options: GenerateOptions & SessionOptions & PromptOptions = {}): GenerationStream {
    requireText('generate', 'prompt', prompt);
    requireOptions('generate', options, { ...generateChecks, ...sessionChecks, ...promptChecks });
    const { cache, prefill_chunk_size, prefill, question, query, ...own } = options;
    const plan = planGeneration(own);
    return new GenerationStream(async (emit, signal) => {
      const sessionPlan = await planSession({ cache, prefill_chunk_size, prefill }, this.preset);
      const reading = planPrompt(prompt, { question, query }, sessionPlan.prefill);
      const session = await this.client.call('open', { plan: sessionPlan });
      try {
        const takes = { session, plan, prompt: reading };
        return await this.client.call('generate', takes, signal, emit);
      } finally {
        await this.client.call('close', { session }).catch(() => undefined);
      }
    }, options.signal);
  }

  /** A new text, or one that continues from a snapshot (which brings its own options). */
  async session(options: SessionOptions | { readonly snapshot: Uint8Array } = {}): Promise<Session> {
    if (isSnapshot(options)) {
      requireOptions('session with a snapshot', options, { snapshot: isBytes });
      const { session } = await this.client.call('restore', { bytes: sendable(options.snapshot) });
      return new Session(this.client, session);
    }
    requireOptions('session', options, { ...sessionChecks, snapshot: isBytes });
    const plan = await planSession(options, this.preset);
    return new Session(this.client, await this.client.call('open', { plan }));
  }

  /**
   * A conversation that never ends, or one that continues from a snapshot (which brings its own options).
   * Throws BAD_OPTION; UNSUPPORTED for a model without a chat template; BAD_FILE for a template that is not Jinja.
   */
  async chat(
    options: (ChatOptions & SessionOptions) | { readonly snapshot: Uint8Array } = {},
  ): Promise<Chat> {
    if (isSnapshot(options)) {
      requireOptions('chat with a snapshot', options, { snapshot: isBytes });
      return this.chats.restore(sendable(options.snapshot));
    }
    requireOptions('chat', options, { ...chatChecks, ...sessionChecks, snapshot: isBytes });
    const { cache, prefill_chunk_size, prefill, ...own } = options;
    return this.chats.open(own, await planSession({ cache, prefill_chunk_size, prefill }, this.preset));
  }

  /** How well the model predicts a text that it reads token by token. Throws EMPTY_INPUT, ABORTED, BAD_OPTION. */
  async perplexity(text: string, options: PerplexityOptions = {}): Promise<PerplexityResult> {
    requireText('perplexity', 'text', text);
    requireOptions('perplexity', options, perplexityChecks);
    const plan = await planOwnCache(options.cache, this.preset);
    requireEvicting('chunk', options.chunk, plan);
    const { limit = null, chunk = 1, signal } = options;
    const { texts, peakRssBytes } = await this.score({ texts: [text], plans: [plan], limit, chunk }, signal);
    const { nll, entriesVisible, cacheBytes, meanCacheBytes } = texts[0].results[0];
    const mean = nll.reduce((sum, value) => sum + value, 0) / nll.length;
    return {
      ...{ perplexity: Math.exp(mean), nll: mean, tokens: nll.length, cache: plan, entriesVisible },
      ...{ peakCacheBytes: cacheBytes, meanCacheBytes, peakRssBytes },
    };
  }

  /** Per-token likelihoods of texts under several caches. Throws EMPTY_INPUT, ABORTED, BAD_OPTION. */
  async score(
    request: ScoreRequest,
    signal?: AbortSignal,
    onProgress?: (progress: ScoreProgress) => void,
  ): Promise<ScoreAnswer> {
    const { limit, ...rest } = request ?? {};
    requireOptions('score', limit === null ? rest : request, scoreChecks);
    if (limit !== null) integerOption('Score', 'limit', limit, 1);
    chunkOption('Score', 'chunk', request.chunk);
    if (signal !== undefined) requireArgument('score', 'signal', signal, isSignal);
    if (onProgress !== undefined) requireArgument('score', 'onProgress', onProgress, isFunction);
    return this.client.call('score', request, signal, onProgress);
  }

  /**
   * Ends the model's thread and frees everything that it holds; resolves when it has ended, which may take a step. Calls
   * under way fail with DISPOSED at once. May be called again.
   */
  dispose(): Promise<void> {
    return this.client.dispose();
  }

  /** `dispose()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** What of the options of `load` a hub needs; its progress is told in the form of `load`. */
function pullOptions(name: string, options: LoadOptions): PullOptions {
  const { revision, local_files_only, signal, progress_callback: report } = options;
  return {
    ...(revision !== undefined && { revision }),
    ...(local_files_only !== undefined && { local_files_only }),
    ...(signal !== undefined && { signal }),
    ...(report !== undefined && {
      progress_callback: (told: PullProgress) =>
        report(told.status === 'warning' ? { name, file: name, progress: 0, ...told } : { name, ...told }),
    }),
  };
}

/** Bytes that can cross: those whose buffer has been given away are none, and the snapshot's check says so. */
function sendable(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === 0 ? new Uint8Array(0) : bytes;
}

/** Whether options bring a snapshot: nothing else goes with one. */
function isSnapshot(options: object): options is { readonly snapshot: Uint8Array } {
  return (options as { snapshot?: unknown } | null)?.snapshot !== undefined;
}
