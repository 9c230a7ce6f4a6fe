// Loads the model of an experiment beside this thread's other work: experiments look at mass, caches and states,
// which do not cross threads. A step blocks; Ctrl-C is seen between steps.
import { threadOption } from '../../core/index.ts';
import type { LocalModel } from '../../generation/index.ts';
import { downloadDisplay } from '../downloadDisplay.ts';
import { progressBar } from '../progressBar.ts';
import { hubOptions, type ModelFlags } from '../sharedOptions.ts';

/** The model that the flags name; the caller disposes of its engine. */
export async function loadEvaluationModel(
  flags: ModelFlags,
  signal: AbortSignal,
  json: boolean,
): Promise<LocalModel> {
  // Checked before the model is fetched, which may take minutes.
  const threads = threadOption(flags.threads);
  const [{ resolveModel }, { loadLocalModel }] = await Promise.all([
    import('../../model/index.ts'),
    import('../../generation/index.ts'),
  ]);
  const bar = progressBar('packing weights', '%', json);
  const display = downloadDisplay(json);
  try {
    const path = await resolveModel(flags.model, {
      ...hubOptions(flags),
      signal,
      progress_callback: (progress) => display.show(progress),
    });
    return await loadLocalModel(path, {
      ...(flags.dtype !== undefined && { dtype: flags.dtype }),
      threads,
      signal,
      onWarning: (message) => display.show({ status: 'warning', message }),
      onProgress: (share) => bar.update(Math.floor(100 * share), 100),
    });
  } finally {
    display.stop();
    bar.stop();
  }
}
