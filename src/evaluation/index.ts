export {
  type Document,
  evaluatePerplexity,
  type PerplexityReport,
  type PerplexityRequest,
  type PolicyReport,
} from './perplexity.ts';
export { perplexityTable } from './perplexityTable.ts';
export { type NamedPlan, planPolicies, type SharedSplit } from './policySpec.ts';
export {
  type PrefillCase,
  type PrefillRequest,
  type PrefillResult,
  prefillPerplexity,
} from './prefillPerplexity.ts';
export { prefillTables } from './prefillTable.ts';
export { modelCard } from './modelCard.ts';
export { decodesAfter, type NamedSession, planSessions, type SessionSpecOptions } from './sessionSpec.ts';
