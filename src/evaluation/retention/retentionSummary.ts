// From texts to policies: means over texts, with bootstrap intervals where there are several. Layers and heads of one
// text are no independent samples and never widen or narrow an interval.
import { bootstrapMean, type MeanInterval } from '../../report/index.ts';
import { mean } from '../mean.ts';
import type {
  PolicyRetention,
  RetentionProtocol,
  RetentionSummary,
  RetentionUnit,
} from './retentionResult.ts';

/** Sums up the units of a run. */
export function summariseRetention(
  units: readonly RetentionUnit[],
  { policies }: Pick<RetentionProtocol, 'policies'>,
): RetentionSummary {
  return {
    policies: policies.map(({ name }) =>
      overTexts(
        name,
        units.filter(({ policy }) => policy === name),
      ),
    ),
  };
}

function overTexts(policy: string, units: readonly RetentionUnit[]): PolicyRetention {
  const clumps = units.flatMap(({ kept }) => kept.clumpiness ?? []);
  const losses = units.flatMap(({ loss }) => loss ?? []);
  const over = (figure: 'stretch' | 'largestHole'): MeanInterval =>
    bootstrapMean(units.map(({ kept }) => kept[figure]));
  return {
    policy,
    entries: mean(units.map(({ kept }) => kept.entries)),
    ages: columnMeans(units.map(({ kept }) => kept.ages)),
    clumpiness: clumps.length < units.length ? null : bootstrapMean(clumps),
    stretch: over('stretch'),
    largestHole: over('largestHole'),
    loss:
      losses.length === 0
        ? null
        : {
            layers: columnMeans(losses.map(({ layers }) => layers)),
            mean: bootstrapMean(losses.map(({ layers }) => mean(layers))),
          },
  };
}

function columnMeans(rows: readonly (readonly number[])[]): number[] {
  return rows[0].map((_, column) => mean(rows.map((row) => row[column])));
}
