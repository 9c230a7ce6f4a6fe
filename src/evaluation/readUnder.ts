// Reads one prompt under several sessions, each exactly as it would read it alone (generation/localSession.ts), and
// hands it over with the logits after the last token. With quantised weights a prompt that is cut elsewhere gives
// other logits (by some 0.2: activations are quantised call by call), so nothing that a session reads may depend on
// the sessions beside it: those that compress at once share a reading only where each of them alone would cut it at
// the same tokens, and all others have readings of their own. The prompt is given as tokens, since whoever scores an
// answer needs its tokens one by one.
import type { Engine } from '../engine/index.ts';
import {
  compressPrompt,
  type HeldSequence,
  nextChunk,
  openSequence,
  type QueryUse,
  readPrompt,
} from '../generation/index.ts';
import { findPolicy } from '../policies/index.ts';
import { scoredQueries } from '../prefill/index.ts';
import { type Compressing, compression } from './compressing.ts';
import { requireRunning } from './requireRunning.ts';
import type { NamedSession } from './sessionSpec.ts';

/** A prompt as tokens: what is searched, and what is asked about it. */
export interface PromptIds {
  /** [n] BOS included, n >= 1. */
  readonly context: Int32Array;
  /** [m] of length 0 where it is part of the context. */
  readonly question: Int32Array;
}

/** A prompt read under a session, alone in its batch; who gets it may read on, and must not keep it. */
export interface ReadSession extends HeldSequence {
  readonly session: NamedSession;
  /** [V] logits after the last token. */
  readonly logits: Float32Array;
  /** Most bytes that the session's caches have held so far, a full cache and what stays of it together. */
  readonly peakBytes: number;
}

export interface ReadUnderOptions {
  readonly sessions: readonly NamedSession[];
  /** Whether the question takes part in a compression; 'aware' where there is no question apart. */
  readonly query: QueryUse;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the prompt and lets `use` have each session, one after the other: first those that compress nothing, then
 * those that share readings. Throws ABORTED or UNSUPPORTED.
 */
export async function readUnder(
  engine: Engine,
  prompt: PromptIds,
  options: ReadUnderOptions,
  use: (read: ReadSession) => Promise<void>,
): Promise<void> {
  const { sessions, query, signal } = options;
  const whole = join(prompt);
  for (const session of sessions.filter((one) => compression(one).length === 0)) {
    const held = await openSequence(engine, session.plan.cache);
    try {
      const logits = await readOn(held, whole, session, signal);
      await use({ session, ...held, logits, peakBytes: held.batch.bytes });
    } finally {
      held.batch.dispose();
    }
  }
  const compressed = query === 'aware' ? whole : prompt.context;
  for (const group of sameCuts(sessions.flatMap(compression), compressed.length)) {
    await readGroup(engine, compressed, group, prompt, options, use);
  }
}

/** One reading with full attention, compressed under each session of a group. */
async function readGroup(
  engine: Engine,
  ids: Int32Array,
  group: readonly Compressing[],
  { question }: PromptIds,
  { query, signal }: ReadUnderOptions,
  use: (read: ReadSession) => Promise<void>,
): Promise<void> {
  const reading = await readPrompt(engine, ids, undefined, {
    // From a text's beginning, positions by place and absolute are the same; so any session's plan will do.
    plan: group[0].session.plan.cache,
    windows: group.map(({ prefill }) => scoredQueries(prefill, ids.length)),
    wanted: query === 'aware',
    ...(signal !== undefined && { signal }),
  });
  try {
    for (const { session, prefill } of group) {
      requireRunning(signal);
      const { cache } = session.plan;
      const definition = await findPolicy(cache.policy);
      const { peakBytes, ...held } = await compressPrompt(engine, reading, prefill, cache, definition);
      try {
        const logits = query === 'aware' ? reading.logits : await readOn(held, question, session, signal);
        await use({
          ...{ session, ...held, logits },
          peakBytes: Math.max(peakBytes, held.batch.bytes),
        });
      } finally {
        held.batch.dispose();
      }
    }
  } finally {
    reading.batch.dispose();
  }
}

/** Sessions whose readings are cut at the same tokens. Those that score by no query or by all cut at none. */
function sameCuts(compressing: readonly Compressing[], tokens: number): Compressing[][] {
  const groups = new Map<number, Compressing[]>();
  for (const one of compressing) {
    const cut = scoredQueries(one.prefill, tokens) % tokens;
    groups.set(cut, [...(groups.get(cut) ?? []), one]);
  }
  return [...groups.values()];
}

/** Reads tokens in chunks, the last alone, as a session does; [V] logits after it. */
async function readOn(
  { batch, cache }: HeldSequence,
  ids: Int32Array,
  { plan }: NamedSession,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const last = ids.length - 1;
  for (let from = 0; from < last; ) {
    requireRunning(signal);
    const count = nextChunk(cache, last - from, plan.prefill_chunk_size);
    await batch.step([{ ids: ids.subarray(from, from + count), silent: true }]);
    from += count;
  }
  requireRunning(signal);
  const { logits } = await batch.step([{ ids: ids.subarray(last) }]);
  return Float32Array.from(logits[0] ?? []);
}

function join({ context, question }: PromptIds): Int32Array {
  const ids = new Int32Array(context.length + question.length);
  ids.set(context);
  ids.set(question, context.length);
  return ids;
}
