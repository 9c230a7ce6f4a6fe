// What a run calls, layer by layer: whose attention the prompt's compression needs, how much each layer keeps,
// which entries stay, and the state in which decoding goes on. It moves no entries.

import type { CachePlan, HandOver, PolicyDefinition, PolicyState } from '../policies/index.ts';
import type { FullPrefillPlan, PrefillView } from './prefillMethod.ts';
import { findPrefillMethod } from './registry.ts';

/** What stays of one layer, and what the kept entries carry into decoding. */
export interface CompressedLayer extends Omit<HandOver, 'seen'> {
  /** [heads, kept] the places that stay, per head ascending; equally many in each head. */
  readonly kept: Int32Array;
}

/** How many of the prompt's last queries must be scored, in every layer. @param tokens of the prompt. */
export function scoredQueries(plan: FullPrefillPlan, tokens: number): number {
  return Math.min(tokens, findPrefillMethod(plan.method).queries(plan));
}

/**
 * Entries per head that each layer keeps, [layers]; Infinity if the plan keeps all. Decoding goes on with these
 * budgets (`planLayer`), for a uniform one would undo a pyramid at its first step.
 * @param length tokens of the prompt.
 */
export function layerBudgets(plan: FullPrefillPlan, layers: number, length: number): readonly number[] {
  const method = findPrefillMethod(plan.method);
  const even = () => new Array<number>(layers).fill(plan.budget ?? Infinity);
  return method.layerBudgets?.(plan, layers, length) ?? even();
}

/** Chooses what stays of one layer; all of it, if it has no more entries than the layer's budget. */
export function compressLayer(plan: FullPrefillPlan, view: PrefillView, budget: number): CompressedLayer {
  const { heads, length, queries, mass } = view;
  const expected = queries === 0 ? 0 : heads * length;
  if (mass.length !== expected) {
    throw new RangeError(
      `${mass.length} numbers for ${heads} heads of ${length} entries, ${queries} queries`,
    );
  }
  const method = findPrefillMethod(plan.method);
  const whole = length <= budget;
  const kept = whole
    ? Int32Array.from({ length: heads * length }, (_, i) => i % length)
    : method.choose(plan, view, budget);
  const sums = new Float64Array(kept.length);
  if (queries > 0) {
    const perHead = kept.length / heads;
    for (let head = 0, i = 0; head < heads; head++) {
      for (const end = i + perHead; i < end; i++) sums[i] = mass[head * length + kept[i]];
    }
  }
  // Where nothing left, no walk has begun.
  const scope = whole ? 0 : (method.scope?.(plan, length, budget) ?? 0);
  return { kept, sums, queries, scope };
}

/**
 * The state for a decode policy's `restore()`.
 * @param cache the layer's plan, as `planLayer` gives it.
 * @param seen tokens read so far, the prompt's included.
 */
export function handOverState(
  definition: PolicyDefinition,
  cache: CachePlan,
  { sums, queries, scope }: CompressedLayer,
  seen: number,
): PolicyState {
  return definition.handOver?.(cache, { sums, queries, scope, seen }) ?? {};
}
