// A text that grows, as the library's user holds it: append, generate, fork, snapshot, dispose. The text
// itself lives in the model's thread; this is its number and the calls.
import { isObject, isSignal, requireOptions } from '../core/index.ts';
import type { PrefillOptions } from '../prefill/index.ts';
import { type GenerateOptions, planGeneration } from './generateOptions.ts';
import { GenerationStream } from './generationStream.ts';
import { requireText } from './promptOptions.ts';
import type { CacheStatistics, RunStatistics } from './results.ts';
import { closeSession, type WorkerClient } from './workerClient.ts';

/** Options of `session.append`. */
export interface AppendOptions {
  /** How this text is read: a question about a compressed text with { mode: 'chunked' }. @default the session's */
  readonly prefill?: PrefillOptions;
  /** Ends the reading with `ABORTED`. @default none */
  readonly signal?: AbortSignal;
}

/** A text and its cache. Calls of one session wait for each other; sessions take turns token by token. */
export class Session {
  private readonly client: WorkerClient;
  private readonly number: number;
  private ended: Promise<void> | undefined;

  /** @internal Made by `model.session()`. */
  constructor(client: WorkerClient, number: number) {
    this.client = client;
    this.number = number;
  }

  /**
   * Reads a text into the cache; the first one gets BOS in front, if the model has one.
   * Throws BAD_OPTION; EMPTY_INPUT; UNSUPPORTED; ABORTED, after which the rest is read by the next call, or all
   * of it in prefill mode `full`; DISPOSED.
   */
  async append(text: string, options: AppendOptions = {}): Promise<RunStatistics> {
    requireText('append', 'text', text);
    requireOptions('append', options, { prefill: isObject, signal: isSignal });
    const { prefill, signal } = options;
    const takes = { session: this.number, text, ...(prefill !== undefined && { prefill }) };
    return this.client.call('append', takes, signal);
  }

  /** Continues the text. Throws BAD_OPTION at once; EMPTY_INPUT, ABORTED and DISPOSED when read. */
  generate(options: GenerateOptions = {}): GenerationStream {
    const plan = planGeneration(options);
    return new GenerationStream(
      (emit, signal) => this.client.call('generate', { session: this.number, plan }, signal, emit),
      options.signal,
    );
  }

  /** What the cache holds. */
  statistics(): Promise<CacheStatistics> {
    return this.client.call('statistics', { session: this.number });
  }

  /** A second session with the same text and cache; from here on they differ. */
  async fork(): Promise<Session> {
    return new Session(this.client, await this.client.call('fork', { session: this.number }));
  }

  /** The session as bytes (safetensors), for `model.session({ snapshot })`. */
  snapshot(): Promise<Uint8Array> {
    return this.client.call('snapshot', { session: this.number });
  }

  /** Frees the cache, once the calls before it have ended; again, it does nothing more. */
  dispose(): Promise<void> {
    this.ended ??= closeSession(this.client, this.number);
    return this.ended;
  }

  /** `dispose()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
