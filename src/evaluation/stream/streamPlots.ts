// A stream's result as plots: the paper's Figure 4 (mean negative log-likelihood up to a length), and beside it what
// each bucket cost in time and memory.
import type { PlotSpec } from '../../report/index.ts';
import type { StreamBucket } from './bucketMeter.ts';
import type { StreamResult } from './evaluateStream.ts';

const MEBIBYTE = 2 ** 20;

/** Plots by the suffix of their file: '' the likelihoods, `time`, `memory`. */
export function streamPlots(result: StreamResult): Readonly<Record<string, PlotSpec>> {
  return { '': likelihoods(result), time: times(result), memory: memory(result) };
}

function likelihoods({ model, protocol, units }: StreamResult): PlotSpec {
  const values = protocol.policies.flatMap(({ name }, p) => {
    let [sum, scored] = [0, 0];
    return units.map((bucket) => {
      sum += bucket.sums[p];
      scored += bucket.scored;
      return { length: bucket.to, nll: sum / scored, policy: name };
    });
  });
  const order = protocol.policies.map(({ name }) => name);
  return lines(`Mean negative log-likelihood of the tokens so far, ${model.name}`, values, {
    x: { ...length, scale: { type: 'log', nice: false } },
    y: { field: 'nll', type: 'quantitative', title: 'mean nll (nats)', scale: { zero: false } },
    color: { field: 'policy', type: 'nominal', title: null, sort: order },
  });
}

function times({ protocol, units }: StreamResult): PlotSpec {
  const values = protocol.batches.flatMap((members, b) =>
    units.map(({ from, to, measured }) => ({
      length: to,
      milliseconds: measured.milliseconds[b] / (to - from),
      batch: members.join(', '),
    })),
  );
  return lines('Time a token, by bucket', values, {
    x: length,
    y: { field: 'milliseconds', type: 'quantitative', title: 'ms/token, all rows of the batch' },
    color: { field: 'batch', type: 'nominal', title: 'read together', sort: null, legend: wide },
  });
}

function memory({ units }: StreamResult): PlotSpec {
  const total = (bytes: readonly number[]): number => bytes.reduce((sum, own) => sum + own, 0);
  const series: readonly (readonly [string, (bucket: StreamBucket) => number])[] = [
    ['process', ({ measured }) => measured.rssBytes],
    ['caches', ({ measured }) => total(measured.cacheBytes)],
  ];
  const values = series.flatMap(([what, bytes]) =>
    units.map((bucket) => ({ length: bucket.to, mebibytes: bytes(bucket) / MEBIBYTE, what })),
  );
  return lines('Memory, by bucket', values, {
    x: length,
    y: { field: 'mebibytes', type: 'quantitative', title: 'MiB resident, MiB of caches' },
    color: { field: 'what', type: 'nominal', title: null, sort: null },
  });
}

// names in full, below the plot
const wide = { orient: 'bottom', labelLimit: 0 };

const length = { field: 'length', type: 'quantitative', title: 'tokens read', axis: { format: '~s' } };

function lines(title: string, values: readonly object[], encoding: PlotSpec): PlotSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    ...{ title, width: 640, height: 360 },
    data: { values },
    mark: { type: 'line', point: values.length < 60 },
    encoding,
  };
}
