// Reads one prompt under several sessions, as each of them would read it alone (generation/localSession.ts), and
// hands each over with the logits after the last token. Sessions that compress at once share one reading with full
// attention; those that evict while they read have readings of their own. The prompt is given as tokens, since
// whoever scores an answer needs its tokens one by one.
import { SequenceCache } from '../../cache/index.ts';
import type { Engine } from '../../engine/index.ts';
import {
  Batch,
  compressPrompt,
  type HeldSequence,
  holdCompressed,
  nextChunk,
  type QueryUse,
  readPrompt,
} from '../../generation/index.ts';
import { findPolicy } from '../../policies/index.ts';
import { scoredQueries } from '../../prefill/index.ts';
import { compression } from '../compressing.ts';
import { requireRunning } from '../requireRunning.ts';
import type { NamedSession } from '../sessionSpec.ts';
import type { PromptIds } from './promptFrame.ts';

/** A prompt read under a session, alone in its batch; who gets it may read on, and must not keep it. */
export interface ReadSession extends HeldSequence {
  readonly session: NamedSession;
  /** [V] logits after the last token. */
  readonly logits: Float32Array;
}

export interface ReadUnderOptions {
  /** All sessions of the run: what they ask of the shared reading decides how it is cut, and so its last digits. */
  readonly sessions: readonly NamedSession[];
  /** Which of them are wanted now. */
  readonly wanted: (session: NamedSession) => boolean;
  /** Whether the question takes part in a compression. */
  readonly query: QueryUse;
  readonly signal?: AbortSignal | undefined;
}

/** Reads the prompt and lets `use` have each session wanted, one after the other. Throws ABORTED or UNSUPPORTED. */
export async function readUnder(
  engine: Engine,
  prompt: PromptIds,
  { sessions, wanted, query, signal }: ReadUnderOptions,
  use: (read: ReadSession) => Promise<void>,
): Promise<void> {
  const compressing = sessions.flatMap(compression);
  const whole = join(prompt);
  for (const session of sessions.filter(wanted)) {
    if (compression(session).length > 0) continue;
    const held = await openSequence(engine, session);
    try {
      await use({ session, ...held, logits: await readOn(held, whole, session, signal) });
    } finally {
      held.batch.dispose();
    }
  }
  if (!compressing.some(({ session }) => wanted(session))) return;
  const compressed = query === 'aware' ? whole : prompt.context;
  const reading = await readPrompt(engine, compressed, undefined, {
    // From a text's beginning, positions by place and absolute are the same; so any session's plan will do.
    plan: compressing[0].session.plan.cache,
    windows: compressing.map(({ prefill }) => scoredQueries(prefill, compressed.length)),
    wanted: query === 'aware',
    ...(signal !== undefined && { signal }),
  });
  try {
    for (const { session, prefill } of compressing) {
      if (!wanted(session)) continue;
      requireRunning(signal);
      const { cache } = session.plan;
      const held = holdCompressed(
        engine,
        compressPrompt(reading, prefill, cache, await findPolicy(cache.policy)),
      );
      try {
        const logits =
          query === 'aware' ? reading.logits : await readOn(held, prompt.question, session, signal);
        await use({ session, ...held, logits });
      } finally {
        held.batch.dispose();
      }
    }
  } finally {
    reading.batch.dispose();
  }
}

async function openSequence(engine: Engine, { plan: { cache: plan } }: NamedSession): Promise<HeldSequence> {
  const { layers, kvHeads: heads } = engine.config;
  const cache = new SequenceCache(plan, await findPolicy(plan.policy), { layers, heads });
  const batch = new Batch(engine, 1);
  batch.add(cache);
  return { batch, cache };
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
