// What a compressed prompt is still worth.
export {
  evaluatePrefill,
  type PrefillEvaluation,
  type PrefillProtocol,
  type PrefillReport,
  type PrefillSummary,
  type PrefillUnit,
} from './evaluatePrefill.ts';
export { type PrefillCase, type PrefillCaseOptions, planPrefillCases } from './prefillCases.ts';
export { type PrefillRequest, type PrefillResult, prefillPerplexity } from './prefillPerplexity.ts';
export { prefillTable } from './prefillTable.ts';
