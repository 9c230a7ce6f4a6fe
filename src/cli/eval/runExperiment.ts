// What all experiments have in common once their request is decided: their output is claimed, the model is loaded,
// progress is shown, the result is reported, and the model is let go whatever happens.
import type { LocalModel } from '../../generation/index.ts';
import type { Result, RunOptions, Unit } from '../../report/index.ts';
import { given } from '../given.ts';
import { progressBar } from '../progressBar.ts';
import { claimOutput, type OutputClaim } from './claimOutput.ts';
import type { EvaluationFlags } from './evalOptions.ts';
import { loadEvaluationModel } from './loadEvaluationModel.ts';
import { report } from './report.ts';

/** How a measurement goes, and where its result does. */
export interface MeasureOptions extends RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

/** An experiment with everything decided but the model. */
export interface Experiment<Own extends Result<unknown, Unit, unknown>> {
  /** What its progress says and counts: `reading` and `tokens`. */
  readonly progress: readonly [verb: string, unit: string];
  /** Looks at what it writes beside the result, before anything is done. */
  claim?(claim: OutputClaim): Promise<void>;
  measure(model: LocalModel, options: MeasureOptions): Promise<Own>;
  /** Writes what it writes beside the result. */
  write?(result: Own): Promise<void>;
}

/** Runs an experiment. Throws what it does, and what loading a model and writing files do. */
export async function runExperiment<Own extends Result<unknown, Unit, unknown>>(
  { progress: [verb, unit], claim: claimMore, measure, write }: Experiment<Own>,
  flags: EvaluationFlags,
  signal: AbortSignal,
): Promise<void> {
  const { output, resume, force } = flags;
  const json = flags.json === true;
  const claim = await claimOutput(flags);
  await claimMore?.(claim);
  const model = await loadEvaluationModel(flags, signal, json);
  const bar = progressBar(verb, unit, json);
  try {
    const result = await measure(model, {
      ...given({ output, resume, force }),
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    });
    bar.stop();
    await report(result, flags, claim);
    await write?.(result);
  } finally {
    bar.stop();
    await model.engine.dispose();
  }
}
