// What the samples say of the paper's reading of Figure 2, "every band grows towards the end, the high-frequency bands
// most": quarters, growth, and verdicts. Growth is judged twice, as a factor and as an amount, since the paper does not
// say which; both paired by sample. Samples of one document are not independent, so each document counts once, with the
// mean of its samples, and intervals are bootstraps over documents. A quarter that is 0, where attention underflows,
// has no factor: the band then has no growth, rather than a mean over the other samples.
import { bootstrapMean, type MeanInterval } from '../../report/index.ts';
import { mean } from '../mean.ts';
import { meanCurves, quarterMeans } from './bandCurve.ts';
import type {
  BandSummary,
  Verdict,
  WaveletProtocol,
  WaveletSample,
  WaveletSummary,
  WaveletUnit,
} from './waveletResult.ts';

/** A figure of one sample. */
type Figure = (sample: WaveletSample) => number;

/** The summary of all units. */
export function summariseWavelet(
  units: readonly WaveletUnit[],
  protocol: Pick<WaveletProtocol, 'levels' | 'length' | 'edge'>,
): WaveletSummary {
  const documents = samplesByDocument(units);
  const over = (figure: Figure): MeanInterval | null => {
    const means = documentMeans(documents, figure);
    return means && bootstrapMean(means);
  };
  const bands = meanCurves(units, protocol).map(
    (curve, l): BandSummary => ({
      level: l + 1,
      quarters: quarterMeans(curve, protocol.edge),
      growth: over(growthOf(l)),
      documentsGrowing: documentMeans(documents, growthOf(l))?.filter((growth) => growth > 0).length ?? null,
      finestGrowth: l === 0 ? null : over((sample) => growthOf(0)(sample) - growthOf(l)(sample)),
      finestRise: l === 0 ? null : over((sample) => riseOf(0)(sample) - riseOf(l)(sample)),
    }),
  );
  const others = bands.slice(1);
  return {
    samples: documents.reduce((sum, samples) => sum + samples.length, 0),
    documents: documents.length,
    bands,
    everyBandGrows: verdict(bands.map(({ growth }) => growth)),
    finestGrowsMost: verdict(others.map(({ finestGrowth }) => finestGrowth)),
    finestRisesMost: verdict(others.map(({ finestRise }) => finestRise)),
  };
}

/** Logarithm of last quarter / first quarter; not finite where one of them is 0. */
function growthOf(l: number): Figure {
  return ({ first, last }) => Math.log(last[l] / first[l]);
}

function riseOf(l: number): Figure {
  return ({ first, last }) => last[l] - first[l];
}

/** [documents] the mean over each one's samples; null where a sample does not have the figure. */
function documentMeans(documents: readonly (readonly WaveletSample[])[], figure: Figure): number[] | null {
  const means = documents.map((samples) => mean(samples.map(figure)));
  return means.every(Number.isFinite) ? means : null;
}

/** Yes if all intervals lie above 0, no if one lies below; open where one is missing, and if there are none. */
function verdict(intervals: readonly (MeanInterval | null)[]): Verdict {
  if (intervals.some((interval) => (interval?.high ?? 0) < 0)) return 'no';
  const above = intervals.filter((interval) => (interval?.low ?? 0) > 0).length;
  return above > 0 && above === intervals.length ? 'yes' : 'open';
}

/** The samples of each document; a document may lie in several units. */
function samplesByDocument(units: readonly WaveletUnit[]): WaveletSample[][] {
  const found = new Map<string, WaveletSample[]>();
  for (const { document, samples } of units) {
    found.set(document, [...(found.get(document) ?? []), ...samples]);
  }
  return [...found.values()];
}
