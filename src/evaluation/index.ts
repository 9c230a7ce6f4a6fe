export { modelCard } from './modelCard.ts';
export {
  type Document,
  evaluatePerplexity,
  type PerplexityReport,
  type PerplexityRequest,
  type PolicyReport,
} from './perplexity.ts';
export { perplexityTable } from './perplexityTable.ts';
export { type NamedPlan, planPolicies, type SharedSplit } from './policySpec.ts';
export * from './prefill/index.ts';
export { decodesAfter, type NamedSession, planSessions, type SessionSpecOptions } from './sessionSpec.ts';
