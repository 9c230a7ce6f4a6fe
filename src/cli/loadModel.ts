// Loads the model that the flags name, and shows what takes its time the first time: a download from a hub, and
// the packing of the weights.
import type { LoadOptions, LoadProgress, Model } from '../generation/index.ts';
import { downloadDisplay } from './downloadDisplay.ts';
import { progressBar } from './progressBar.ts';
import { hubOptions, type ModelFlags } from './sharedOptions.ts';

/** The model; the caller disposes of it. */
export async function loadModel(
  flags: ModelFlags,
  options: Omit<LoadOptions, 'dtype' | 'threads' | 'revision' | 'local_files_only' | 'progress_callback'>,
  json: boolean,
): Promise<Model> {
  const { load, packedWeights } = await import('../generation/index.ts');
  const bar = progressBar('packing weights', '%', json);
  const display = downloadDisplay(json);
  const show = ({ status, file, progress, loaded = 0, total = 0, message = '' }: LoadProgress): void => {
    if (status === 'warning') display.show({ status, message });
    else if (status === 'ready') return;
    else if (file !== packedWeights) display.show({ status, file, progress, loaded, total });
    else if (status === 'progress') bar.update(Math.floor(progress), 100);
  };
  try {
    return await load(flags.model, {
      ...options,
      ...hubOptions(flags),
      ...(flags.dtype !== undefined && { dtype: flags.dtype }),
      ...(flags.threads !== undefined && { threads: flags.threads }),
      progress_callback: show,
    });
  } finally {
    display.stop();
    bar.stop();
  }
}
