export type { Document } from './document.ts';
export { modelCard } from './modelCard.ts';
export { type PolicyRecord, recordPolicies } from './policyRecord.ts';
export { type NamedPlan, planPolicies, type SharedSplit } from './policySpec.ts';
export * from './prefill/index.ts';
export * from './retention/index.ts';
export { decodesAfter, type NamedSession, planSessions, type SessionSpecOptions } from './sessionSpec.ts';
export * from './wavelet/index.ts';
