// A grid of needles as a picture: one heat map a policy, lengths across, depths down, darker where more was found,
// the rate written in each cell. A function of the result.
import type { PlotSpec } from '../../report/index.ts';
import type { NeedleResult } from './evaluateNeedle.ts';

const CELL = { width: 54, height: 34 };
/** Heat maps beside each other, at most. */
const MOST_COLUMNS = 4;

/** The pictures of a result by suffix. */
export function needlePlots({ model, protocol, summary }: NeedleResult): Readonly<Record<string, PlotSpec>> {
  const { lengths, depths, task, score, samples } = protocol;
  const values = summary.cells.map(({ policy, length, depth, rate }) => ({ policy, length, depth, rate }));
  const x = { field: 'length', type: 'ordinal', sort: lengths, title: 'tokens' };
  const y = { field: 'depth', type: 'ordinal', sort: depths, title: 'depth' };
  const names = protocol.policies.map(({ name }) => name);
  const title = {
    text: `${task}: found by ${model.name}, ${model.dtype}`,
    subtitle: `share of ${samples} prompts a cell, by ${score}`,
  };
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title,
    data: { values },
    columns: Math.ceil(names.length / Math.ceil(names.length / MOST_COLUMNS)),
    facet: { field: 'policy', type: 'nominal', sort: names, title: null },
    spec: {
      width: CELL.width * lengths.length,
      height: CELL.height * depths.length,
      layer: [
        {
          mark: 'rect',
          encoding: {
            x: { ...x, axis: { labelAngle: 0 } },
            y,
            color: {
              field: 'rate',
              type: 'quantitative',
              scale: { domain: [0, 1], scheme: 'blues' },
              title: 'found',
            },
          },
        },
        {
          mark: { type: 'text', fontSize: 12 },
          encoding: {
            x,
            y,
            text: { field: 'rate', type: 'quantitative', format: '.2f' },
            // Letters stand out on either half of the scale.
            color: { condition: { test: 'datum.rate > 0.6', value: '#ffffff' }, value: '#2b2a27' },
          },
        },
      ],
    },
  };
  return { '': spec };
}
