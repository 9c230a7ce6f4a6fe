// A stream's result as plots: the paper's Figure 4 (mean negative log-likelihood up to a length), the same less that
// of the first policy, since what the text itself costs is far larger than what tells policies apart, and what each
// bucket cost in time and memory.
import { linePlot, type PlotSpec, policyColor } from '../../report/index.ts';
import type { StreamBucket } from './bucketMeter.ts';
import type { StreamResult } from './evaluateStream.ts';

const MEBIBYTE = 2 ** 20;

/** Plots by the suffix of their file: '' the likelihoods, `difference` (of several policies), `time`, `memory`. */
export function streamPlots(result: StreamResult): Readonly<Record<string, PlotSpec>> {
  return {
    '': likelihoods(result),
    ...(result.protocol.policies.length > 1 && { difference: differences(result) }),
    time: times(result),
    memory: memory(result),
  };
}

/** Sums over the tokens so far, a point a bucket. */
interface RunningSums {
  readonly length: number;
  readonly scored: number;
  /** [policies] */
  readonly sums: readonly number[];
}

function running({ protocol, units }: StreamResult): RunningSums[] {
  const total = protocol.policies.map(() => 0);
  let scored = 0;
  return units.map((bucket) => {
    for (const p of total.keys()) total[p] += bucket.sums[p];
    scored += bucket.scored;
    return { length: bucket.to, scored, sums: [...total] };
  });
}

function likelihoods(result: StreamResult): PlotSpec {
  const title = `Mean negative log-likelihood of the tokens so far, ${result.model.name}`;
  return against(result, title, 'mean nll (nats)', ({ scored, sums }, p) => sums[p] / scored);
}

function differences(result: StreamResult): PlotSpec {
  const first = result.protocol.policies[0].name;
  const title = `Mean nll so far less that of ${first}, ${result.model.name}`;
  const what = `mean nll less that of ${first} (nats)`;
  return against(result, title, what, ({ scored, sums }, p) => (sums[p] - sums[0]) / scored);
}

/** A line a policy against the length. */
function against(
  result: StreamResult,
  title: string,
  what: string,
  nllOf: (point: RunningSums, policy: number) => number,
): PlotSpec {
  const points = running(result);
  const names = result.protocol.policies.map(({ name }) => name);
  const values = names.flatMap((policy, p) =>
    points.map((point) => ({ length: point.length, nll: nllOf(point, p), policy })),
  );
  return lines(title, values, {
    x: { ...length, scale: { type: 'log', nice: false } },
    y: { field: 'nll', type: 'quantitative', title: what, scale: { zero: false } },
    color: policyColor(names),
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
  return linePlot(title, values, encoding, values.length < 60);
}
