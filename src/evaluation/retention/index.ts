export type { LostAttention } from './attentionLoss.ts';
export { evaluateRetention, type RetentionOptions } from './evaluateRetention.ts';
export { keptPicture } from './keptPicture.ts';
export type { KeptStatistics } from './keptStatistics.ts';
export type { KeptTokens } from './keptTokens.ts';
export { type RecordRequest, type RetentionRecord, recordRetention } from './recordRetention.ts';
export { replayRetention, traceFileOf } from './replayRetention.ts';
export { type ReplayedLayer, replayTrace } from './replayTrace.ts';
export { keptStrip, retentionPlots, splitWords } from './retentionPlots.ts';
export type { RetentionRequest } from './retentionProtocol.ts';
export {
  type RetentionProtocol,
  type RetentionResult,
  type RetentionSummary,
  type RetentionUnit,
  type RetentionView,
  tracesOf,
} from './retentionResult.ts';
export { retentionTable } from './retentionTable.ts';
export type { DecisionKind, Trace, TraceLayer } from './trace.ts';
export { decodeTraces, encodeTraces, type TraceFile } from './traceFile.ts';
