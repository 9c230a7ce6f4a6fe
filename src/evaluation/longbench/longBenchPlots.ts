// A LongBench result as a picture: the scores of every task, policies side by side.
import type { PlotSpec } from '../../report/index.ts';
import type { LongBenchResult } from './longBenchSummary.ts';

/** The plots by their suffixes: '' is the tasks' scores. */
export function longBenchPlots({
  model,
  protocol,
  summary,
}: LongBenchResult): Readonly<Record<string, PlotSpec>> {
  const policies = protocol.policies.map(({ name }) => name);
  const values = summary.scores.flatMap(({ policy, tasks, average }) => [
    ...protocol.tasks.map(({ name, label }) => ({ policy, task: label, score: tasks[name] })),
    { policy, task: 'Avg', score: average },
  ]);
  const columns = protocol.tasks.length + 1;
  return {
    '': {
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      title: `${protocol.benchmark}, ${model.name}`,
      width: Math.max(240, columns * (8 * policies.length + 14)),
      height: 320,
      data: { values },
      mark: 'bar',
      encoding: {
        x: { field: 'task', type: 'nominal', title: null, sort: null },
        xOffset: { field: 'policy', type: 'nominal', sort: policies },
        y: { field: 'score', type: 'quantitative', title: 'score' },
        color: { field: 'policy', type: 'nominal', title: 'policy', sort: policies },
      },
    },
  };
}
