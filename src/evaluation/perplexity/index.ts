export { evaluatePerplexity, type PerplexityReport } from './evaluatePerplexity.ts';
export { curvesPlot, type PolicyCurve, perplexityPlots } from './perplexityPlots.ts';
export {
  type Bootstrap,
  type PerplexityPlan,
  type PerplexityProtocol,
  type PerplexityRequest,
  planPerplexity,
  type SlidingReading,
  type StreamReading,
  summaryOnly,
} from './perplexityProtocol.ts';
export {
  type ColumnDifference,
  type ColumnMean,
  type PerplexitySummary,
  type PolicyFigures,
  summarisePerplexity,
} from './perplexitySummary.ts';
export { formatPerplexity, perplexityTable } from './perplexityTable.ts';
export type { PerplexityUnit } from './perplexityUnit.ts';
export { bucketMeans, type CurvePoint, positionCurve, runningMean } from './positionCurve.ts';
export { scoreUnits } from './scoreUnits.ts';
