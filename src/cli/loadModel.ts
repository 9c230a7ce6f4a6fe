// Loads the model that the flags name, with a bar while its weights are packed for the first time.
import type { LoadOptions, Model } from '../generation/index.ts';
import { progressBar } from './progressBar.ts';
import type { ModelFlags } from './sharedOptions.ts';

/** The model; the caller disposes of it. */
export async function loadModel(
  flags: ModelFlags,
  options: Omit<LoadOptions, 'dtype' | 'threads' | 'progress_callback'>,
  json: boolean,
): Promise<Model> {
  const { load } = await import('../generation/index.ts');
  const bar = progressBar('packing weights', '%', json);
  try {
    return await load(flags.model, {
      ...options,
      ...(flags.dtype !== undefined && { dtype: flags.dtype }),
      ...(flags.threads !== undefined && { threads: flags.threads }),
      progress_callback: ({ status, progress }) => {
        if (status === 'progress') bar.update(Math.floor(progress), 100);
      },
    });
  } finally {
    bar.stop();
  }
}
