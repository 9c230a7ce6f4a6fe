// The wavelet analysis that motivates TreeKV (He et al. 2025, section 3, Figure 2): at a text's last token, how large
// are the fast and the slow changes of attention weight times value along the positions? Each window of the documents
// is a sample, read with full attention; a band's magnitude is the mean over layers, query heads, channels and samples.
//
// The magnitudes that are kept are those of coefficients: a band is its coefficients, spread over their blocks, so
// that 496 numbers stand for five bands of 512 positions.
import type { LocalModel } from '../../generation/index.ts';
import { ResumableRun, type RunOptions } from '../../report/index.ts';
import { modelCard } from '../modelCard.ts';
import { isGivenList, requireExperiment } from '../requireExperiment.ts';
import { bandCurve, quarterMeans } from './bandCurve.ts';
import { BandMagnitudes } from './bandMagnitudes.ts';
import { coefficientCounts } from './haar.ts';
import { LastQueries } from './lastQueries.ts';
import { type PlannedUnit, planSamples, type SampleOptions } from './planSamples.ts';
import type { WaveletProtocol, WaveletResult, WaveletSample, WaveletUnit } from './waveletResult.ts';
import { summariseWavelet } from './waveletSummary.ts';

/** A wavelet analysis, and where it goes. */
export interface WaveletRequest extends SampleOptions, RunOptions {
  /** Ends the run with `ABORTED`; what was measured stays in its file. @default none */
  readonly signal?: AbortSignal;
  /** Called every few samples. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Samples that are read together: more are hardly faster. */
const ROWS = 8;

/** Measures all samples. Throws BAD_OPTION, UNSUPPORTED, ABORTED, or what the result's file does. */
export async function evaluateWavelet(model: LocalModel, request: WaveletRequest): Promise<WaveletResult> {
  requireExperiment('evaluateWavelet', model, request, { documents: isGivenList });
  const { signal, onProgress } = request;
  const { protocol, units } = planSamples(model, request);
  const { samples: total, length, levels } = protocol;
  const reader = new LastQueries(model.engine, Math.min(ROWS, total), length);
  const bands = new BandMagnitudes(length, model.engine.config.headDim, levels);
  let done = 0;
  const advance = (samples: number): void => {
    done += samples;
    onProgress?.({ done, total });
  };
  try {
    const head = { kind: 'wavelet', model: modelCard(model), protocol };
    const run = await ResumableRun.open<WaveletProtocol, WaveletUnit>(head, request);
    for (const unit of units) {
      if (run.has(unit.key)) advance(unit.samples.length);
      else await run.add(await measure(unit, protocol, reader, bands, advance, signal));
    }
    return await run.finish((measured) => summariseWavelet(measured, protocol));
  } finally {
    reader.dispose();
  }
}

async function measure(
  unit: PlannedUnit,
  { length, levels, edge }: WaveletProtocol,
  reader: LastQueries,
  bands: BandMagnitudes,
  advance: (samples: number) => void,
  signal: AbortSignal | undefined,
): Promise<WaveletUnit> {
  const samples: WaveletSample[] = [];
  const sums = coefficientCounts(length, levels).map((count) => new Float64Array(count));
  for (let from = 0; from < unit.samples.length; from += ROWS) {
    const together = unit.samples.slice(from, from + ROWS);
    const ids = together.map((sample) => sample.ids);
    await reader.read(ids, signal);
    for (const [row, { token }] of together.entries()) {
      await reader.visit(row, (weights, values) => bands.add(weights, values));
      const magnitudes = bands.take();
      for (const [l, sum] of sums.entries()) {
        for (let i = 0; i < sum.length; i++) sum[i] += magnitudes[l][i];
      }
      const quarters = magnitudes.map((own, l) => quarterMeans(bandCurve(own, l + 1, length), edge));
      samples.push({
        token,
        first: quarters.map(([first]) => thousandths(first, 4)),
        last: quarters.map(([, , , last]) => thousandths(last, 4)),
      });
    }
    advance(together.length);
  }
  const magnitudes = sums.map((sum) => Array.from(sum, (value) => thousandths(value / samples.length, 6)));
  return { key: unit.key, document: unit.document, samples, magnitudes };
}

/** Thousandths, to so many digits: what keeps result files small. */
function thousandths(value: number, digits: number): number {
  return Number((1000 * value).toPrecision(digits));
}
