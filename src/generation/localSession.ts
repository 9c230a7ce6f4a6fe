// A text that grows, as the thread sees it that holds the model: what was read lies in the cache, and the
// rest waits in `unread`. One token always waits: reading it gives the logits of what comes next, so a
// session needs to keep no logits, and an aborted call loses nothing, since its rest is read by the next.
import { SequenceCache, type SequenceCacheState } from '../cache/index.ts';
import { Random, TreekvError } from '../core/index.ts';
import type { LayerEntries } from '../engine/index.ts';
import { type CachePlan, findPolicy } from '../policies/index.ts';
import { Batch } from './batch.ts';
import { nextChunk } from './chunks.ts';
import type { GeneratePlan } from './generateOptions.ts';
import type { LocalModel } from './localModel.ts';
import type { CacheStatistics, GenerationStatistics } from './results.ts';
import { Sampler } from './sampler.ts';
import { requireRunInWindow } from './slidingWindow.ts';
import { TextStream } from './textStream.ts';

/** What distinguishes one session from another of the same model. */
export interface SessionPlan {
  readonly cache: CachePlan;
  /** Tokens of a prompt that are read at once when the cache is full. */
  readonly prefill_chunk_size: number;
}

/** A text to read before writing. */
export interface Prompt {
  readonly text: string;
  /** Rendered by a chat template, which writes every special token; otherwise a session's first text gets BOS. */
  readonly rendered: boolean;
}

/** A session in plain values: what a fork copies and a snapshot writes. */
export interface SessionState {
  readonly plan: SessionPlan;
  readonly cache: SequenceCacheState;
  /** Per layer. */
  readonly entries: readonly LayerEntries[];
  readonly unread: Int32Array;
  /** Whether the last of the unread is an end-of-text token that the model wrote. */
  readonly ended: boolean;
  /** [V] 1 for every token that the text has. */
  readonly used: Uint8Array;
  /** [4] words of the random stream. */
  readonly random: Uint32Array;
  /** Tokens whose text is not complete yet. */
  readonly pending: Int32Array;
}

/** A session beside its model. Calls must not overlap; `serial` in `localModel.ts` sees to that. */
export class LocalSession {
  readonly plan: SessionPlan;
  private readonly model: LocalModel;
  private readonly batch: Batch;
  private readonly cache: SequenceCache;
  private readonly random: Random;
  private readonly used: Uint8Array;
  private unread: Int32Array = new Int32Array(0);
  private ended = false;
  private pending: readonly number[] = [];

  private constructor(model: LocalModel, plan: SessionPlan, cache: SequenceCache) {
    this.model = model;
    this.plan = plan;
    this.cache = cache;
    this.batch = new Batch(model.engine, 1);
    this.used = new Uint8Array(model.engine.config.vocabSize);
    this.random = new Random(Math.floor(Math.random() * 2 ** 32));
  }

  /** An empty session. Throws UNSUPPORTED if it would leave the model's sliding window. */
  static async create(model: LocalModel, plan: SessionPlan): Promise<LocalSession> {
    requireRunInWindow(model.engine.config.slidingWindow, plan.cache, { chunk: plan.prefill_chunk_size });
    const session = new LocalSession(model, plan, await emptyCache(model, plan.cache));
    session.batch.add(session.cache);
    return session;
  }

  /** A session that continues where `state()` was taken. */
  static async restore(model: LocalModel, state: SessionState): Promise<LocalSession> {
    const session = new LocalSession(model, state.plan, await emptyCache(model, state.plan.cache));
    session.cache.restore(state.cache);
    session.batch.adopt(session.cache, state.entries);
    session.unread = state.unread.slice();
    session.ended = state.ended;
    session.used.set(state.used);
    session.random.restore(state.random);
    session.pending = [...state.pending];
    return session;
  }

  /** Copies everything out. */
  state(): SessionState {
    const { plan, cache, batch } = this;
    return {
      plan,
      cache: cache.state(),
      entries: cache.layers.map((_, l) => batch.store.read(0, l)),
      unread: this.unread.slice(),
      ended: this.ended,
      used: this.used.slice(),
      random: this.random.state(),
      pending: Int32Array.from(this.pending),
    };
  }

  /** Reads a text; the first of a session gets BOS in front. Throws EMPTY_INPUT or ABORTED. */
  async append(text: string, signal: AbortSignal): Promise<CacheStatistics> {
    this.queue({ text, rendered: false });
    await this.readAllButOne(signal);
    return this.statistics();
  }

  /** Writes, after reading `prompt` if there is one; `emit` gets the text piece by piece. Throws as `append`. */
  async generate(
    plan: GeneratePlan,
    prompt: Prompt | undefined,
    signal: AbortSignal,
    emit: (piece: string) => void,
  ): Promise<GenerationStatistics> {
    if (prompt !== undefined) this.queue(prompt);
    if (this.unread.length === 0) {
      throw new TreekvError('EMPTY_INPUT', 'There is nothing to continue: append a text first.');
    }
    const started = performance.now();
    const waiting = this.unread.length;
    await this.readAllButOne(signal);
    const decoding = performance.now();
    if (plan.seed !== undefined) this.random.restore(new Random(plan.seed).state());
    const sampler = new Sampler(plan, this.random, this.used);
    const before = this.pending.length === 0 ? [...this.unread] : [];
    const stream = new TextStream(this.model.tokenizer, plan.stop, this.pending, before);
    const written = (piece: string): void => {
      this.pending = stream.pendingIds;
      if (piece !== '') emit(piece);
    };
    let count = 0;
    let finish: GenerationStatistics['finish_reason'] = 'length';
    while (count < plan.max_new_tokens) {
      const logits = await this.read(1, signal, true);
      const id = sampler.next(logits);
      count++;
      this.used[id] = 1;
      this.unread = Int32Array.of(id);
      if (this.model.eosIds.includes(id)) {
        this.ended = true;
        finish = 'stop';
        break;
      }
      written(stream.push(id));
      if (stream.stopped) {
        finish = 'stop';
        break;
      }
    }
    written(stream.finish());
    const decodeMs = performance.now() - decoding;
    return {
      ...this.statistics(),
      finish_reason: finish,
      prompt_tokens: waiting,
      completion_tokens: count,
      prefillMs: decoding - started,
      decodeMs,
      tokensPerSecond: (1000 * count) / decodeMs,
    };
  }

  statistics(): CacheStatistics {
    return {
      cache: this.plan.cache,
      tokensSeen: this.cache.seen + this.unread.length,
      entriesKept: this.cache.layers.map(({ order }) => order.count),
      cacheBytes: this.batch.bytes,
    };
  }

  dispose(): void {
    this.batch.dispose();
  }

  /**
   * Lines a text up to be read. A rendered one closes the answer before it as the template does, with which
   * special tokens ever: so an end-of-text token that the model wrote, and that still waits, gives way. It would
   * be read twice, or beside one that the model was not trained to see there.
   */
  private queue({ text, rendered }: Prompt): void {
    const ids = this.model.tokenizer.encode(text);
    if (ids.length === 0) {
      throw new TreekvError('EMPTY_INPUT', 'The text is empty: give at least one character to read.');
    }
    const first = this.cache.seen === 0 && this.unread.length === 0;
    const added = first && !rendered ? this.model.tokenizer.withBos(ids) : ids;
    for (const id of added) this.used[id] = 1;
    this.pending = [];
    const waiting = rendered && this.ended ? this.unread.subarray(0, -1) : this.unread;
    const unread = new Int32Array(waiting.length + added.length);
    unread.set(waiting);
    unread.set(added, waiting.length);
    this.unread = unread;
    this.ended = false;
  }

  private async readAllButOne(signal: AbortSignal): Promise<void> {
    while (this.unread.length > 1) {
      await this.read(
        nextChunk(this.cache, this.unread.length - 1, this.plan.prefill_chunk_size),
        signal,
        false,
      );
    }
  }

  /** Reads the next `count` tokens; [V] logits after the last if they are wanted, else none. */
  private async read(count: number, signal: AbortSignal, wanted: boolean): Promise<Float32Array> {
    if (signal.aborted) {
      const read = this.cache.seen;
      throw new TreekvError(
        'ABORTED',
        `Aborted after ${read} tokens; the session stays usable and reads the other ${this.unread.length} with its next call.`,
        { read, unread: this.unread.length },
      );
    }
    const { logits } = await this.batch.step([{ ids: this.unread.subarray(0, count), silent: !wanted }]);
    this.unread = this.unread.subarray(count);
    this.ended &&= this.unread.length > 0;
    return logits[0] ?? new Float32Array(0);
  }
}

async function emptyCache(model: LocalModel, plan: CachePlan): Promise<SequenceCache> {
  const { layers, kvHeads: heads } = model.engine.config;
  return new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads });
}
