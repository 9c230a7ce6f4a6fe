// A text that grows, as the thread sees it that holds the model: what was read lies in the cache, and the
// rest waits in `unread`. One token always waits: reading it gives the logits of what comes next, so a
// session needs to keep no logits, and an aborted call loses nothing, since its rest is read by the next.
//
// In prefill mode `full` a prompt is read into a batch of its own and its compression takes the place of the old
// one (readPrompt.ts, compressPrompt.ts). `generate` then reads the last token too, and at once writes another, so
// that again one waits. An abort drops the reading: the session is what it was, and the whole prompt waits.
import type { SequenceCache, SequenceCacheState } from '../cache/index.ts';
import { Random, TreekvError } from '../core/index.ts';
import type { LayerEntries } from '../engine/index.ts';
import {
  type FullPrefillPlan,
  type PrefillOptions,
  type PrefillPlan,
  planPrefill,
} from '../prefill/index.ts';
import { Batch } from './batch.ts';
import { CacheMeter, peakRssBytes } from './cacheMeter.ts';
import { nextChunk } from './chunks.ts';
import { fullPrefill } from './fullPrefill.ts';
import type { GeneratePlan } from './generateOptions.ts';
import { openCache } from './heldSequence.ts';
import type { LocalModel } from './localModel.ts';
import type { Prompt } from './promptOptions.ts';
import type { CacheStatistics, GenerationStatistics, RunStatistics } from './results.ts';
import { Sampler } from './sampler.ts';
import type { SessionPlan } from './sessionPlan.ts';
import { requirePromptInWindow, requireRunInWindow } from './slidingWindow.ts';
import { planStops } from './stopTexts.ts';
import { TextStream } from './textStream.ts';

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
  private batch: Batch;
  private cache: SequenceCache;
  private readonly random: Random;
  private readonly used: Uint8Array;
  private unread: Int32Array = new Int32Array(0);
  private ended = false;
  private pending: readonly number[] = [];
  // of the present call
  private meter = new CacheMeter();

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
    const session = new LocalSession(model, plan, await openCache(model.engine, plan.cache));
    session.batch.add(session.cache);
    return session;
  }

  /** A session that continues where `state()` was taken. */
  static async restore(model: LocalModel, state: SessionState): Promise<LocalSession> {
    const session = new LocalSession(
      model,
      state.plan,
      await openCache(model.engine, state.plan.cache, state.cache.budgets),
    );
    session.cache.restore(state.cache);
    await session.batch.adopt(session.cache, state.entries);
    session.unread = state.unread.slice();
    session.ended = state.ended;
    session.used.set(state.used);
    session.random.restore(state.random);
    session.pending = [...state.pending];
    return session;
  }

  /** Copies everything out. */
  async state(): Promise<SessionState> {
    const { plan, cache, batch } = this;
    return {
      plan,
      cache: cache.state(),
      entries: await batch.entries(0),
      unread: this.unread.slice(),
      ended: this.ended,
      used: this.used.slice(),
      random: this.random.state(),
      pending: Int32Array.from(this.pending),
    };
  }

  /**
   * Reads a text; the first of a session gets BOS in front. Throws EMPTY_INPUT, UNSUPPORTED or ABORTED.
   * @param prefill for this text alone. @default the session's
   */
  async append(text: string, signal: AbortSignal, prefill?: PrefillOptions): Promise<RunStatistics> {
    this.meter = new CacheMeter();
    const plan = prefill === undefined ? this.plan.prefill : planPrefill(prefill, this.plan.cache);
    this.queue({ text, rendered: false }, plan);
    await this.readWaiting(plan, 1, signal);
    return this.runStatistics();
  }

  /** Writes, after reading `prompt` if there is one; `emit` gets the text piece by piece. Throws as `append`. */
  async generate(
    plan: GeneratePlan,
    prompt: Prompt | undefined,
    signal: AbortSignal,
    emit: (piece: string) => void,
  ): Promise<GenerationStatistics> {
    const stops = planStops(this.model.tokenizer, plan.stop);
    const endIds = plan.eos_token_id ?? this.model.eosIds;
    requireTokens(endIds, this.model.engine.config.vocabSize);
    this.meter = new CacheMeter();
    const { prefill } = this.plan;
    if (prompt !== undefined) this.queue(prompt, prefill);
    if (this.unread.length === 0) {
      throw new TreekvError('EMPTY_INPUT', 'There is nothing to continue: append a text first.');
    }
    const started = performance.now();
    let tokens = this.unread.length;
    let way = prefill;
    if (prompt?.question !== undefined) {
      if (prompt.query === 'agnostic') {
        await this.readWaiting(prefill, 0, signal);
        way = { mode: 'chunked' };
      }
      tokens += this.queue({ text: prompt.question, rendered: prompt.rendered }, way);
    }
    const last = this.unread.subarray(-1);
    let logits = await this.readWaiting(way, 0, signal);
    const decoding = performance.now();
    if (plan.seed !== undefined) this.random.restore(new Random(plan.seed).state());
    const sampler = new Sampler(plan, this.random, this.used);
    const before = this.pending.length === 0 ? [...last] : [];
    const stream = new TextStream(this.model.tokenizer, stops.texts, this.pending, before);
    const written = (piece: string): void => {
      this.pending = stream.pendingIds;
      if (piece !== '') emit(piece);
    };
    let count = 0;
    let finish: GenerationStatistics['finish_reason'] = 'length';
    while (count < plan.max_new_tokens) {
      const id = sampler.next(logits ?? (await this.read(1, signal, true)));
      logits = undefined;
      count++;
      this.used[id] = 1;
      this.unread = Int32Array.of(id);
      if (endIds.includes(id) || stops.ids.includes(id)) {
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
      ...this.runStatistics(),
      finish_reason: finish,
      prompt_tokens: tokens,
      completion_tokens: count,
      query: prompt?.query ?? null,
      prefillMs: decoding - started,
      decodeMs,
      tokensPerSecond: (1000 * count) / decodeMs,
    };
  }

  statistics(): CacheStatistics {
    return {
      cache: this.plan.cache,
      prefill: this.plan.prefill,
      tokensSeen: this.cache.seen + this.unread.length,
      entriesKept: this.cache.layers.map(({ order }) => order.count),
      cacheBytes: this.batch.bytes,
    };
  }

  dispose(): void {
    this.batch.dispose();
  }

  private runStatistics(): RunStatistics {
    const { meter, batch } = this;
    meter.note(batch.bytes);
    return {
      ...this.statistics(),
      peakCacheBytes: meter.peak,
      meanCacheBytes: meter.mean,
      peakRssBytes: peakRssBytes(),
    };
  }

  /**
   * Lines a text up to be read. A rendered one closes the answer before it as the template does, with which
   * special tokens ever: so an end-of-text token that the model wrote, and that still waits, gives way. It would
   * be read twice, or beside one that the model was not trained to see there. Returns the number of its tokens.
   */
  private queue({ text, rendered }: Prompt, prefill: PrefillPlan): number {
    const ids = this.model.tokenizer.encode(text);
    if (ids.length === 0) {
      throw new TreekvError('EMPTY_INPUT', 'The text is empty: give at least one character to read.');
    }
    const first = this.cache.seen === 0 && this.unread.length === 0;
    const added = first && !rendered ? this.model.tokenizer.withBos(ids) : ids;
    const waiting = rendered && this.ended ? this.unread.subarray(0, -1) : this.unread;
    // Before anything changes: a prompt that can never be read must not wait.
    if (compresses(prefill)) {
      const { slidingWindow } = this.model.engine.config;
      requirePromptInWindow(slidingWindow, this.plan.cache, this.cache, waiting.length + added.length);
    }
    for (const id of added) this.used[id] = 1;
    this.pending = [];
    const unread = new Int32Array(waiting.length + added.length);
    unread.set(waiting);
    unread.set(added, waiting.length);
    this.unread = unread;
    this.ended = false;
    return added.length;
  }

  /**
   * Reads what waits: all but one token, or, if the prompt is compressed at once, all but `left`, and gives [V]
   * logits after the last if nothing is left. A single token is no prompt, and is not read.
   */
  private async readWaiting(
    prefill: PrefillPlan,
    left: 0 | 1,
    signal: AbortSignal,
  ): Promise<Float32Array | undefined> {
    if (compresses(prefill) && this.unread.length > 1) {
      const logits = await this.readFully(prefill, this.unread.length - left, left === 0, signal);
      return left === 0 ? logits : undefined;
    }
    while (this.unread.length > 1) {
      await this.read(
        nextChunk(this.cache, this.unread.length - 1, this.plan.prefill_chunk_size),
        signal,
        false,
      );
    }
    return undefined;
  }

  /** Reads `count` tokens with full attention and compresses; [V] logits after the last if they are wanted. */
  private async readFully(
    plan: FullPrefillPlan,
    count: number,
    wanted: boolean,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { model, meter, batch, cache } = this;
    const ids = this.unread.subarray(0, count);
    const request = { ids, plan, cachePlan: this.plan.cache, wanted, signal, meter };
    const read = await fullPrefill(model.engine, { batch, cache }, request).catch((error: unknown) => {
      throw signal.aborted ? this.aborted() : error;
    });
    this.batch = read.batch;
    this.cache = read.cache;
    this.unread = this.unread.subarray(count);
    this.ended &&= this.unread.length > 0;
    return read.logits;
  }

  /** Reads the next `count` tokens; [V] logits after the last if they are wanted, else none. */
  private async read(count: number, signal: AbortSignal, wanted: boolean): Promise<Float32Array> {
    if (signal.aborted) throw this.aborted();
    const { logits } = await this.batch.step([{ ids: this.unread.subarray(0, count), silent: !wanted }]);
    this.meter.note(this.batch.bytes, count);
    this.unread = this.unread.subarray(count);
    this.ended &&= this.unread.length > 0;
    return logits[0] ?? new Float32Array(0);
  }

  private aborted(): TreekvError {
    const [read, unread] = [this.cache.seen, this.unread.length];
    const message = `Aborted after ${read} tokens; the session stays usable and reads the other ${unread} with its next call.`;
    return new TreekvError('ABORTED', message, { read, unread });
  }
}

/** Throws BAD_OPTION for an end-of-text token beyond the vocabulary: it would end nothing. */
function requireTokens(ids: readonly number[], vocabSize: number): void {
  const wrong = ids.find((id) => id >= vocabSize);
  if (wrong === undefined) return;
  const message = `Option 'eos_token_id' names token ${wrong}, but the vocabulary ends at ${vocabSize - 1}.`;
  throw new TreekvError('BAD_OPTION', message, { option: 'eos_token_id', value: wrong, vocabSize });
}

/** Whether prompts are read in full and then compressed; the rest is read in chunks. */
function compresses(prefill: PrefillPlan): prefill is FullPrefillPlan {
  return prefill.mode === 'full' && prefill.budget !== null;
}
