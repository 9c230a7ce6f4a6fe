export { promisedSha256 } from './cacheLayout.ts';
export { type CachedFile, type CachedModel, findCached } from './findCached.ts';
export { parseModelId } from './modelId.ts';
export { type PulledModel, type PullOptions, pull } from './pull.ts';
export type { PullProgress } from './pullProgress.ts';
