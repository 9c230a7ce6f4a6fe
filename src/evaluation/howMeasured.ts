// The part of a table that says under what its numbers were measured. Its first line is the one that docs/results.md
// folds it by. What belongs there besides the model and the intervals is the experiment's.
import type { ModelCard } from '../report/index.ts';

/** What every experiment says. */
export interface Measured {
  readonly model: ModelCard;
  /** Number formats of weights and arithmetic. */
  readonly dtype: string;
  /** What intervals resample. */
  readonly resampled: string;
  /** @default 10,000 samples, seed 0, level 0.95 */
  readonly bootstrap?: { readonly samples: number; readonly seed: number; readonly level: number };
}

const usual = { samples: 10_000, seed: 0, level: 0.95 };

/** The part as Markdown. @param lines of a list, between the model and the intervals. */
export function howMeasured(
  { model, dtype, resampled, bootstrap: { samples, seed, level } = usual }: Measured,
  lines: readonly string[],
): string {
  return [
    'How it was measured',
    '',
    `- model: ${model.name}, trained to ${model.trainedContext.toLocaleString('en-US')} tokens, ${dtype}`,
    ...lines,
    `- intervals: ${100 * level} % bootstraps over ${resampled}, ${samples.toLocaleString('en-US')} samples, seed ` +
      `${seed}, widened where those are few; none of one of them, or where all are equal`,
  ].join('\n');
}
