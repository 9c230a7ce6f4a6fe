// The prefill's lines of a protocol card: under what a prompt was compressed, in words. It describes; it decides
// nothing. How decoding evicts is the cache's card (policies/card.ts).

import type { PrefillAxes, PrefillPlan } from './prefillMethod.ts';
import { findPrefillMethod } from './registry.ts';

/** How a prompt was compressed, in words. */
export interface PrefillCard extends PrefillAxes {
  /** The mode and the method, as the options name them. */
  readonly prefill: string;
  /** When entries leave. */
  readonly when: string;
  /** Whose attention is the score. */
  readonly queries: string;
}

const asInDecoding = 'as in decoding';

/** The card of a plan. */
export function prefillCard(plan: PrefillPlan): PrefillCard {
  if (plan.mode === 'chunked') {
    return {
      prefill: 'chunked',
      when: 'while the prompt is read, after the attention of each chunk',
      queries: asInDecoding,
      score: asInDecoding,
      sharing: asInDecoding,
      group: asInDecoding,
      kept: asInDecoding,
    };
  }
  const method = findPrefillMethod(plan.method);
  return {
    prefill: `full, ${plan.method}`,
    when: plan.budget === null ? 'never' : 'at once, after full attention over the prompt',
    queries: queriesInWords(method.queries(plan)),
    ...method.card(plan),
  };
}

function queriesInWords(queries: number): string {
  if (queries === 0) return 'none';
  if (queries === 1) return 'the last query of the prompt';
  return queries === Infinity ? 'all queries of the prompt' : `the last ${queries} queries of the prompt`;
}
