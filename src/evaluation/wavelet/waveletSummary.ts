// What the samples say of the paper's reading of Figure 2, "every band grows towards the end, the high-frequency bands
// most": quarters, growth, and verdicts. Growth is judged twice, as a factor and as an amount, since the paper does not
// say which; both paired by sample, with bootstrap intervals over samples. Samples of one document are not
// independent, so the summary also counts the documents that agree.
import { bootstrapMean, type MeanInterval } from '../../report/index.ts';
import { meanCurves, quarterMeans } from './bandCurve.ts';
import type { BandSummary, Verdict, WaveletProtocol, WaveletSummary, WaveletUnit } from './waveletResult.ts';

/** The summary of all units. */
export function summariseWavelet(
  units: readonly WaveletUnit[],
  protocol: Pick<WaveletProtocol, 'levels' | 'length' | 'edge'>,
): WaveletSummary {
  const samples = units.flatMap((unit) => unit.samples);
  // [levels] of [samples]
  const growths = perLevel(protocol.levels, (l) =>
    samples.map(({ first, last }) => Math.log(last[l] / first[l])),
  );
  const rises = perLevel(protocol.levels, (l) => samples.map(({ first, last }) => last[l] - first[l]));
  const documents = documentRows(units);
  const bands = meanCurves(units, protocol).map(
    (curve, l): BandSummary => ({
      level: l + 1,
      quarters: quarterMeans(curve, protocol.edge),
      growth: bootstrapMean(growths[l]),
      documentsGrowing: documents.filter((rows) => sumOf(rows.map((row) => growths[l][row])) > 0).length,
      finestGrowth: l === 0 ? null : bootstrapMean(differences(growths[0], growths[l])),
      finestRise: l === 0 ? null : bootstrapMean(differences(rises[0], rises[l])),
    }),
  );
  return {
    samples: samples.length,
    documents: documents.length,
    bands,
    everyBandGrows: verdict(bands.map(({ growth }) => growth)),
    finestGrowsMost: verdict(bands.flatMap(({ finestGrowth }) => finestGrowth ?? [])),
    finestRisesMost: verdict(bands.flatMap(({ finestRise }) => finestRise ?? [])),
  };
}

/** Yes if all intervals lie above 0, no if one lies below; open, too, if there are none. */
function verdict(intervals: readonly MeanInterval[]): Verdict {
  if (intervals.some(({ high }) => high !== null && high < 0)) return 'no';
  const above = intervals.filter(({ low }) => low !== null && low > 0).length;
  return above > 0 && above === intervals.length ? 'yes' : 'open';
}

/** For each document the indices of its samples among all. */
function documentRows(units: readonly WaveletUnit[]): number[][] {
  const rows = new Map<string, number[]>();
  let next = 0;
  for (const { document, samples } of units) {
    const own = rows.get(document) ?? [];
    for (let i = 0; i < samples.length; i++) own.push(next++);
    rows.set(document, own);
  }
  return [...rows.values()];
}

function perLevel<Value>(levels: number, value: (l: number) => Value): Value[] {
  return Array.from({ length: levels }, (_, l) => value(l));
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - b[i]);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
