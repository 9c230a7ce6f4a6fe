// The sessions of a run as its result names them: the cache's record, and how prompts are brought down to the budget.
import { type PrefillCard, type PrefillPlan, prefillCard } from '../prefill/index.ts';
import { type PolicyRecord, recordPolicies } from './policyRecord.ts';
import type { NamedSession } from './sessionSpec.ts';

/** A session of a run. */
export interface SessionRecord extends PolicyRecord {
  readonly prefill: PrefillPlan;
  /** Tokens read at once when the cache is full. */
  readonly prefillChunk: number;
  readonly prefillCard: PrefillCard;
}

/** The records of the sessions, in their order. Throws as `recordPolicies`. */
export async function recordSessions(sessions: readonly NamedSession[]): Promise<SessionRecord[]> {
  const records = await recordPolicies(sessions.map(({ name, plan }) => ({ name, plan: plan.cache })));
  return records.map((record, i) => {
    const { prefill, prefill_chunk_size: prefillChunk } = sessions[i].plan;
    return { ...record, prefill, prefillChunk, prefillCard: prefillCard(prefill) };
  });
}
