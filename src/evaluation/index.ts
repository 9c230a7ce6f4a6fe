export { type LocalModel, loadLocalModel } from '../generation/index.ts';
export { type Picture, type Result, readResult, renderPng, renderSvg, type Unit } from '../report/index.ts';
export * from './ablation/index.ts';
export type { Document } from './document.ts';
export * from './longbench/index.ts';
export { modelCard } from './modelCard.ts';
export * from './needle/index.ts';
export {
  type Bootstrap,
  type ColumnDifference,
  type ColumnMean,
  evaluatePerplexity,
  type PerplexityPlan,
  type PerplexityProtocol,
  type PerplexityReport,
  type PerplexityRequest,
  type PerplexitySummary,
  type PerplexityUnit,
  type PolicyFigures,
  perplexityPlots,
  perplexityTable,
  planPerplexity,
  type SlidingReading,
  type StreamReading,
} from './perplexity/index.ts';
export { type PolicyRecord, recordPolicies } from './policyRecord.ts';
export { type NamedPlan, planPolicies, requireSplitUsed, type SharedSplit } from './policySpec.ts';
export * from './prefill/index.ts';
export { type ResultFaces, resultFaces } from './resultFaces.ts';
export * from './retention/index.ts';
export {
  decodesAfter,
  type NamedSession,
  planSessions,
  planSessionsAt,
  type SessionSpecOptions,
} from './sessionSpec.ts';
export * from './stream/index.ts';
export * from './wavelet/index.ts';
