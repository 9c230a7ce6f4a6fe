// A loaded model as results name it.
import { basename } from 'node:path';
import type { LocalModel } from '../generation/index.ts';
import type { ModelCard } from '../report/index.ts';

/** The card of a model. */
export function modelCard({ source, weights, engine, fingerprint }: LocalModel): ModelCard {
  return {
    name: basename(source.path),
    fingerprint,
    dtype: weights.dtype,
    trainedContext: engine.config.maxPositions,
  };
}
