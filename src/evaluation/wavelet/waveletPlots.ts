// Figure 2 of the paper from a result: magnitude against position, a line a band, the edges left out. The axis is
// logarithmic, so that bands of different size show their growth side by side; a magnitude of 0 has no place on it and
// leaves a gap.
import type { PlotSpec } from '../../report/index.ts';
import { meanCurves } from './bandCurve.ts';
import type { WaveletResult } from './waveletResult.ts';

/** The plots by their suffixes: '' is the figure. */
export function waveletPlots({
  model,
  protocol,
  units,
  summary,
}: WaveletResult): Readonly<Record<string, PlotSpec>> {
  const { length, edge } = protocol;
  const values = meanCurves(units, protocol).flatMap((curve, l) =>
    Array.from(curve, (magnitude, i) => ({
      band: bandName(l + 1),
      position: i + 1,
      magnitude: magnitude === 0 ? null : magnitude,
    })).slice(edge, length - edge),
  );
  const figure = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: `${model.name}: bands of attention times value, ${summary.samples} samples of ${length} tokens`,
    width: 640,
    height: 360,
    data: { values },
    // a band is constant over its blocks
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5 },
    encoding: {
      x: {
        field: 'position',
        type: 'quantitative',
        title: 'position in the sequence',
        scale: { domain: [edge + 1, length - edge], nice: false },
      },
      y: {
        field: 'magnitude',
        type: 'quantitative',
        title: 'mean magnitude, thousandths',
        scale: { type: 'log', nice: false },
      },
      color: { field: 'band', type: 'nominal', title: 'band', legend: { labelLimit: 200 } },
    },
  };
  return { '': figure };
}

function bandName(level: number): string {
  return `D${level} (${2 ** level} positions)`;
}
