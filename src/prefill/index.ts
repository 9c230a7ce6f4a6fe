// The prefilling stage: which entries of a prompt survive when it was read with full attention.

export { type PrefillCard, prefillCard } from './card.ts';
export {
  type CompressedLayer,
  compressLayer,
  handOverState,
  layerBudgets,
  scoredQueries,
} from './compress.ts';
export type {
  ChunkedPrefillPlan,
  FullPrefillPlan,
  Pooling,
  PrefillMethod,
  PrefillMode,
  PrefillOptionName,
  PrefillOptions,
  PrefillPlan,
  PrefillView,
} from './prefillMethod.ts';
export {
  findPrefillMethod,
  planPrefill,
  prefillMethodNames,
  prefillMethods,
  prefillModes,
} from './registry.ts';
