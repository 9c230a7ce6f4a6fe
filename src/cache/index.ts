export { bytesPerToken, type EntryShape } from './bytesPerToken.ts';
export { grownCapacity } from './growth.ts';
export { type CacheShape, type LayerCache, SequenceCache, type SequenceCacheState } from './sequenceCache.ts';
export { EMPTY, SlotEdits } from './slotEdits.ts';
export { SlotOrder, type SlotOrderState } from './slotOrder.ts';
