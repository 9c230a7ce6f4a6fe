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
}

/** The part as Markdown. @param lines of a list, between the model and the intervals. */
export function howMeasured({ model, dtype, resampled }: Measured, lines: readonly string[]): string {
  return [
    'How it was measured',
    '',
    `- model: ${model.name}, trained to ${model.trainedContext.toLocaleString('en-US')} tokens, ${dtype}`,
    ...lines,
    `- intervals: 95 % bootstraps over ${resampled}, 10,000 samples, seed 0; none where there is one of them`,
  ].join('\n');
}
