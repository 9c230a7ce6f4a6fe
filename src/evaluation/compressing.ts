// Which sessions of a comparison compress a prompt at once, and so share one reading of it with full attention.
import type { FullPrefillPlan } from '../prefill/index.ts';
import type { NamedSession } from './sessionSpec.ts';

/** A session that compresses a prompt at once, with its plan for that. */
export interface Compressing {
  readonly session: NamedSession;
  readonly prefill: FullPrefillPlan;
}

/** The session if it compresses at once, in an array; nothing if it evicts while it reads or keeps everything. */
export function compression(session: NamedSession): Compressing[] {
  const { prefill } = session.plan;
  return prefill.mode === 'full' && prefill.budget !== null ? [{ session, prefill }] : [];
}
