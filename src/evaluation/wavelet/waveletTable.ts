// A wavelet analysis in words and numbers: a line a band, then whether the paper's reading of its Figure 2 holds, and
// under what it was measured.
import { type MeanInterval, markdownTable } from '../../report/index.ts';
import { howMeasured } from '../howMeasured.ts';
import type { Verdict, WaveletResult } from './waveletResult.ts';

const verdicts: Readonly<Record<Verdict, string>> = {
  yes: 'yes, in every interval',
  no: 'no: an interval says the opposite',
  open: 'open: no interval says the opposite, but not all exclude it',
};

/** The result as Markdown. */
export function waveletTable({ model, protocol, summary }: WaveletResult): string {
  const { length, levels, edge, seed } = protocol;
  const { samples, documents, bands, everyBandGrows, finestGrowsMost, finestRisesMost } = summary;
  const header = [
    'band',
    'positions',
    ...[1, 2, 3, 4].map((quarter) => `quarter ${quarter}`),
    'last / first',
    'documents growing',
    'D1 grows more by',
    'D1 rises more by',
  ];
  const rows = bands.map(({ level, quarters, growth, documentsGrowing, finestGrowth, finestRise }) => [
    `D${level}`,
    String(2 ** level),
    ...quarters.map(decimals),
    interval(growth, factor),
    documentsGrowing === null ? '-' : `${documentsGrowing} of ${documents}`,
    level === 1 ? '' : interval(finestGrowth, factor),
    level === 1 ? '' : interval(finestRise, decimals),
  ]);
  return [
    `Wavelet bands of attention weight times value, ${model.name} (${model.dtype}), ${levels} levels: ${samples} ` +
      `samples of ${length} tokens from ${documents} document${documents === 1 ? '' : 's'}, seed ${seed}. ` +
      `Magnitudes in thousandths, the mean over samples, in quarters of the positions ${edge + 1} to ` +
      `${length - edge}; comparisons are paired by sample. Samples of one document are not independent, so factors ` +
      'and differences are means (of factors, geometric) over documents of the means over their samples, and ' +
      'intervals 95 % bootstraps over documents.',
    '',
    markdownTable(header, rows),
    '',
    `- Every band is larger in the last quarter than in the first: ${verdicts[everyBandGrows]}.`,
    `- The finest band D1 grows by the largest factor: ${verdicts[finestGrowsMost]}.`,
    `- The finest band D1 rises by the largest amount: ${verdicts[finestRisesMost]}.`,
    '',
    protocolPart(model, protocol),
  ].join('\n');
}

function protocolPart(model: WaveletResult['model'], protocol: WaveletResult['protocol']): string {
  const { documents, windows, bos, attention, signal, wavelet, mean, length, edge, seed } = protocol;
  return howMeasured({ model, dtype: `weights ${model.dtype}`, resampled: 'documents' }, [
    `- texts, and windows of each: ${documents.map(({ name, samples }) => `${name} ${samples}`).join(', ')}`,
    `- windows: of ${length} tokens, seed ${seed}; ${windows}`,
    `- BOS: ${bos}`,
    '- chunk: none, no cache policy takes part',
    `- attention: ${attention}`,
    `- signal: ${signal}`,
    `- wavelet: ${wavelet}; ${edge} positions left out at either end`,
    `- mean: ${mean}`,
  ]);
}

/** A dash where there is no such figure. */
function interval(found: MeanInterval | null, shown: (value: number) => string): string {
  if (found === null) return '-';
  const { mean, low, high } = found;
  return low === null || high === null ? shown(mean) : `${shown(mean)} [${shown(low)}, ${shown(high)}]`;
}

function decimals(magnitude: number): string {
  return magnitude.toFixed(3);
}

function factor(logarithm: number): string {
  return Math.exp(logarithm).toFixed(2);
}
