// The answers that one prompt gets under several sessions, greedily. Sessions that compress at once share one
// reading with full attention, and one that keeps everything goes on in the reading itself, so it is last; sessions
// that evict while they read are rows of one batch if their budgets are equal. Tokens are judged here and not text,
// since LongBench ends answers at tokens.
import { SequenceCache } from '../../cache/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  Batch,
  compressPrompt,
  holdCompressed,
  nextChunk,
  type PromptReading,
  readPrompt,
} from '../../generation/index.ts';
import { findPolicy } from '../../policies/index.ts';
import { scoredQueries } from '../../prefill/index.ts';
import { type Compressing, compression } from '../compressing.ts';
import { requireRunning } from '../requireRunning.ts';
import type { NamedSession } from '../sessionSpec.ts';
import { type WritingRules, writeGreedily } from './writeGreedily.ts';

export interface AnswerRequest extends WritingRules {
  /** [n] the prompt, n >= 2. */
  readonly ids: Int32Array;
  readonly sessions: readonly NamedSession[];
  readonly signal?: AbortSignal | undefined;
}

/** What a session wrote. */
export interface Answer {
  readonly name: string;
  /** Its tokens, the one that ended it included. */
  readonly ids: readonly number[];
  /** Entries per KV head behind the prompt, in the mean over the layers. */
  readonly kept: number;
  /** Most bytes that the session's caches would hold alone, a full cache and what stays of it together. */
  readonly peakCacheBytes: number;
}

/** The answers, in the order of the sessions. Throws ABORTED or UNSUPPORTED. */
export async function answerPrompt(engine: Engine, request: AnswerRequest): Promise<Answer[]> {
  const { sessions, signal } = request;
  const answers = new Map<string, Answer>();
  const take = (answer: Answer): void => {
    requireRunning(signal);
    answers.set(answer.name, answer);
  };
  const full = sessions.filter(({ plan }) => plan.prefill.mode === 'full');
  if (full.length > 0) await answerFull(engine, full, request, take);
  const chunked = sessions.filter(({ plan }) => plan.prefill.mode === 'chunked');
  for (const group of sameBudget(chunked)) await answerChunked(engine, group, request, take);
  return sessions.flatMap(({ name }) => answers.get(name) ?? []);
}

/** Sessions behind one reading with full attention. */
async function answerFull(
  engine: Engine,
  sessions: readonly NamedSession[],
  { ids, signal, ...rules }: AnswerRequest,
  take: (answer: Answer) => void,
): Promise<void> {
  const compressing = sessions.flatMap(compression);
  const reading = await readPrompt(engine, ids, undefined, {
    // A text from its start has the same positions by place and absolute, so any session's plan will do.
    plan: sessions[0].plan.cache,
    windows: compressing.map(({ prefill }) => scoredQueries(prefill, ids.length)),
    wanted: true,
    ...(signal !== undefined && { signal }),
  });
  const { batch, mass, logits } = reading;
  try {
    for (const one of compressing) take(await answerCompressed(engine, reading, one, { ...rules, signal }));
    mass.asking = [];
    const whole = sessions.filter((session) => compression(session).length === 0);
    if (whole.length === 0) return;
    const [written] = await writeGreedily(batch, [logits], { ...rules, signal });
    for (const { name } of whole) {
      take({ name, ids: written.ids, kept: ids.length, peakCacheBytes: batch.bytes });
    }
  } finally {
    batch.dispose();
  }
}

async function answerCompressed(
  engine: Engine,
  reading: PromptReading,
  { session, prefill }: Compressing,
  rules: WritingRules,
): Promise<Answer> {
  const { cache } = session.plan;
  const compressed = compressPrompt(reading, prefill, cache, await findPolicy(cache.policy));
  const { batch } = holdCompressed(engine, compressed);
  try {
    const kept = meanEntries(compressed.cache);
    const [{ ids }] = await writeGreedily(batch, [reading.logits], rules);
    return { name: session.name, ids, kept, peakCacheBytes: Math.max(compressed.peakBytes, batch.bytes) };
  } finally {
    batch.dispose();
  }
}

/** Sessions that evict while they read. The prompt's last token is read alone, as a session reads it. */
async function answerChunked(
  engine: Engine,
  sessions: readonly NamedSession[],
  { ids, signal, ...rules }: AnswerRequest,
  take: (answer: Answer) => void,
): Promise<void> {
  const { layers, kvHeads: heads } = engine.config;
  const batch = new Batch(engine, sessions.length);
  try {
    for (const { plan } of sessions) {
      const { cache } = plan;
      batch.add(new SequenceCache(cache, await findPolicy(cache.policy), { layers, heads }));
    }
    const [first] = batch.sequences;
    const [{ plan }] = sessions;
    const last = ids.length - 1;
    while (first.seen < last) {
      requireRunning(signal);
      const length = nextChunk(first, last - first.seen, plan.prefill_chunk_size);
      const part = ids.subarray(first.seen, first.seen + length);
      await batch.step(sessions.map(() => ({ ids: part, silent: true })));
    }
    const { logits } = await batch.step(sessions.map(() => ({ ids: ids.subarray(last) })));
    const kept = batch.sequences.map(meanEntries);
    const written = await writeGreedily(batch, logits, { ...rules, signal });
    for (const [row, { name }] of sessions.entries()) {
      const peakCacheBytes = written[row].bytes / sessions.length;
      take({ name, ids: written[row].ids, kept: kept[row], peakCacheBytes });
    }
  } finally {
    batch.dispose();
  }
}

/** Sessions that read in equal chunks: those of one budget. */
function sameBudget(sessions: readonly NamedSession[]): NamedSession[][] {
  const groups = new Map<string, NamedSession[]>();
  for (const session of sessions) {
    const { cache, prefill_chunk_size: chunk } = session.plan;
    const key = `${cache.budget} ${chunk}`;
    groups.set(key, [...(groups.get(key) ?? []), session]);
  }
  return [...groups.values()];
}

function meanEntries({ layers }: SequenceCache): number {
  return layers.reduce((sum, { order }) => sum + order.count, 0) / layers.length;
}
