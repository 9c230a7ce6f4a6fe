// The plot that most experiments draw: lines of one size, a line a policy. Which numbers, and how their axes are
// scaled, is the caller's.
import type { PlotSpec } from './plot.ts';

/**
 * A line plot.
 * @param values one object a point. @param encoding of Vega-Lite. @param point whether the points are marked.
 */
export function linePlot(
  title: string,
  values: readonly object[],
  encoding: PlotSpec,
  point: boolean,
): PlotSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...{ title, width: 640, height: 360 },
    data: { values },
    mark: { type: 'line', point },
    encoding,
  };
}

/** A colour for each policy, in their order, whatever points they have; names in full. */
export function policyColor(policies: readonly string[]): PlotSpec {
  return { field: 'policy', type: 'nominal', title: null, sort: policies, legend: { labelLimit: 0 } };
}
