// LongBench: 16 tasks over long texts, by their authors' own files, templates and metrics.
export { evaluateLongBench, type LongBenchRunOptions } from './evaluateLongBench.ts';
export {
  type LongBenchData,
  type LongBenchDataOptions,
  readLongBench,
  type TaskData,
} from './longBenchData.ts';
export { longBenchPlots } from './longBenchPlots.ts';
export type { LongBenchProtocol } from './longBenchProtocol.ts';
export type { ChatUse, LongBenchRequest } from './longBenchRequest.ts';
export type {
  BucketScores,
  LongBenchResult,
  LongBenchSummary,
  PolicyDifference,
  PolicyScores,
} from './longBenchSummary.ts';
export { longBenchTable } from './longBenchTable.ts';
export type { LongBenchUnit } from './longBenchUnit.ts';
export { writePredictions } from './writePredictions.ts';
