// An ablation as plots, as the paper's Figure 5: the mean negative log-likelihood of the tokens so far against the
// length, two plots a group, a line a policy; in the second TreeKV as it is is subtracted, since what the text itself
// costs is far larger than what tells the policies apart.
import type { PlotSpec } from '../../report/index.ts';
import { curvesPlot, type PolicyCurve, positionCurve, runningMean } from '../perplexity/index.ts';
import { ablationGroups } from './ablationGroups.ts';
import type { AblationReport } from './evaluateAblation.ts';

/** Plots by the suffix of their file: the name of the group, and the same with `-difference`. */
export function ablationPlots({ protocol, units }: AblationReport): Readonly<Record<string, PlotSpec>> {
  const { groups, baselines, bucket, reference } = protocol;
  const own = positionCurve(protocol, units, reference);
  return Object.fromEntries(
    groups.flatMap(({ name, policies }) => {
      const { title } = ablationGroups[name];
      const curves = [...new Set([...policies, ...baselines])].map((policy): PolicyCurve => {
        return { policy, curve: positionCurve(protocol, units, policy) };
      });
      const running = curves.map(({ policy, curve }) => ({ policy, curve: runningMean(curve, bucket) }));
      // TreeKV itself stays as the line of zeros, and the others keep their colours.
      const less = curves.map(({ policy, curve }) => {
        const differences = curve.map(({ position, nll }, b) => ({ position, nll: nll - own[b].nll }));
        return { policy, curve: runningMean(differences, bucket) };
      });
      return [
        [name, curvesPlot(title, running, 'mean nll so far (nats)')],
        [`${name}-difference`, curvesPlot(title, less, `mean nll so far less that of ${reference} (nats)`)],
      ];
    }),
  );
}
