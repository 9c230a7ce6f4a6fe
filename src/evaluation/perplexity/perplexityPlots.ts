// A perplexity run as plots: perplexity against context or window, and, in protocol `stream`, the negative
// log-likelihood against the position in the document. A line a policy.
import { linePlot, type PlotSpec, policyColor } from '../../report/index.ts';
import type { PerplexityReport } from './evaluatePerplexity.ts';
import { type CurvePoint, positionCurve } from './positionCurve.ts';

/** A broken model's perplexity must not flatten all others: above this ratio the axis is logarithmic. */
const WIDE = 10;

/** Plots by the suffix of their file: '' against the columns, `position`. */
export function perplexityPlots(result: PerplexityReport): Readonly<Record<string, PlotSpec>> {
  const against = columnPlot(result);
  return result.protocol.protocol === 'sliding'
    ? { '': against }
    : { '': against, position: position(result) };
}

function columnPlot({ model, protocol, summary }: PerplexityReport): PlotSpec {
  const { columns, policies } = protocol;
  const values = summary.means.flatMap(({ policy, column, perplexity }) =>
    perplexity === null ? [] : [{ policy, column, perplexity }],
  );
  const drawn = values.map(({ perplexity }) => perplexity);
  const type = Math.max(...drawn) > WIDE * Math.min(...drawn) ? 'log' : 'linear';
  const what = protocol.protocol === 'stream' ? 'context' : 'window';
  const title = `Perplexity against ${what}, ${model.name}`;
  const encoding = {
    x: {
      ...{ field: 'column', type: 'quantitative', title: `${what} (tokens)` },
      scale: { type: 'log', base: 2, nice: false },
      axis: { values: columns, format: 'd' },
    },
    y: {
      ...{ field: 'perplexity', type: 'quantitative', title: 'perplexity' },
      scale: type === 'log' ? { type } : { type, zero: false },
    },
    color: policyColor(policies.map(({ name }) => name)),
  };
  return linePlot(title, values, encoding, true);
}

function position({ model, protocol, units }: PerplexityReport): PlotSpec {
  const names = protocol.policies.map(({ name }) => name);
  const curves = names.map((policy) => ({ policy, curve: positionCurve(protocol, units, policy) }));
  const title = `Negative log-likelihood against position, ${model.name}`;
  return curvesPlot(title, curves, 'mean nll of the bucket (nats)');
}

/** A policy's line in a plot. */
export interface PolicyCurve {
  readonly policy: string;
  readonly curve: readonly CurvePoint[];
}

/** Curves against position, a line a policy. @param what the numbers are. */
export function curvesPlot(title: string, curves: readonly PolicyCurve[], what: string): PlotSpec {
  const values = curves.flatMap(({ policy, curve }) => curve.map((point) => ({ policy, ...point })));
  return linePlot(
    title,
    values,
    {
      x: {
        ...{ field: 'position', type: 'quantitative', title: 'position in the document (tokens)' },
        ...{ axis: { format: ',d' }, scale: { nice: false } },
      },
      y: { field: 'nll', type: 'quantitative', title: what, scale: { zero: false } },
      color: policyColor(curves.map(({ policy }) => policy)),
    },
    false,
  );
}
