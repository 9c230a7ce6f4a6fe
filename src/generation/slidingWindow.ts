// What a run may do with a model whose queries look back over W positions only (sliding window attention; Jiang
// et al. 2023, "Mistral 7B", section 2). treekv hides nothing by distance. As long as no entry lies W or more
// positions behind a query, the window changes nothing; a run that could go further is refused, since it would
// compute another model.
//
// Positions by place reach over the entries visible: budget + chunk at most. Absolute positions reach back to
// the oldest entry kept, which may be the first of the text; so they reach as far as the text does.
import type { SequenceCache } from '../cache/index.ts';
import { TreekvError } from '../core/index.ts';
import type { CachePlan } from '../policies/index.ts';

/** How a run reads. */
export interface Reading {
  /** Tokens a run once entries are evicted. */
  readonly chunk: number;
  /** Tokens that will be read, where that is known. */
  readonly tokens?: number;
}

/**
 * Throws UNSUPPORTED if a run would reach further back than the model looks. A session under `full` passes,
 * since its length is not known yet; `requireStepInWindow` ends it in time.
 * @param window W, or null for a model without.
 */
export function requireRunInWindow(window: number | null, plan: CachePlan, reading: Reading): void {
  if (window === null) return;
  const { budget, positions } = plan;
  const { chunk, tokens } = reading;
  if (budget === null && tokens === undefined) return;
  const text = tokens ?? Number.POSITIVE_INFINITY;
  const visible = budget === null ? text : Math.min(text, budget + chunk);
  const reach = positions === 'absolute' ? text : visible;
  if (reach > window) throw tooFar(window, reach, plan, chunk);
}

/** Throws UNSUPPORTED if reading `added` tokens now would reach further back than the model looks. */
export function requireStepInWindow(window: number | null, cache: SequenceCache, added: number): void {
  if (window === null) return;
  for (const { order } of cache.layers) {
    const reach = (cache.plan.positions === 'absolute' ? cache.seen : order.count) + added;
    if (reach > window) throw tooFar(window, reach, cache.plan, added);
  }
}

/**
 * Throws UNSUPPORTED if a prompt that is read with full attention would reach further back than the model looks.
 * @param earlier the cache of earlier turns. @param tokens of the prompt.
 */
export function requirePromptInWindow(
  window: number | null,
  { positions }: CachePlan,
  earlier: SequenceCache | undefined,
  tokens: number,
): void {
  if (window === null) return;
  const held = earlier?.layers.reduce((most, { order }) => Math.max(most, order.count), 0) ?? 0;
  const before = positions === 'absolute' ? (earlier?.seen ?? 0) : held;
  const reach = before + tokens;
  if (reach <= window) return;
  const message =
    `This model looks back over ${window} positions, and treekv does not hide what lies further back: full ` +
    `attention over this prompt would reach over ${reach} (${before} before it, ${tokens} tokens). Use prefill ` +
    "mode 'chunked', or a shorter prompt.";
  throw new TreekvError('UNSUPPORTED', message, { window, reach, before, tokens });
}

function tooFar(window: number, reach: number, plan: CachePlan, chunk: number): TreekvError {
  const { policy, variant, budget, positions } = plan;
  const over = Number.isFinite(reach) ? `${reach} positions` : 'any number of positions';
  return new TreekvError(
    'UNSUPPORTED',
    `This model looks back over ${window} positions, and treekv does not hide what lies further back: policy ` +
      `'${policy}' would reach over ${over} (${reason(plan, chunk)}). ${wayOut(window, plan, chunk)}`,
    { window, reach, policy, variant, budget, positions, chunk },
  );
}

function reason({ budget, positions }: CachePlan, chunk: number): string {
  if (positions === 'absolute') return 'with absolute positions, back to the oldest entry that it keeps';
  return budget === null ? 'it keeps the whole text' : `budget ${budget} + ${chunk} tokens at once`;
}

function wayOut(window: number, { budget, positions, variant }: CachePlan, chunk: number): string {
  if (positions === 'absolute') {
    return variant === 'official' ? "Use variant 'paper'." : "Use positions 'by-place'.";
  }
  const most = window - chunk;
  if (budget === null) return `Use a policy that evicts, with a budget below ${window}, or a shorter text.`;
  return most > 0
    ? `Lower the budget to ${most}, or read in smaller chunks.`
    : `Read in chunks of fewer than ${window} tokens, with a budget of ${window} less the chunk.`;
}
