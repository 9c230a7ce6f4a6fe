// The paper's room: eviction policies as pure decisions on numbers, and what it takes to write one more.

export { protocolCard } from './card.ts';
export { EntryColumn } from './entryColumn.ts';
export { type Choose, type Evict, evictOneByOne } from './evictOneByOne.ts';
export { faultOfPlan } from './faultOfPlan.ts';
export { full } from './full.ts';
export { h2o } from './h2o.ts';
export { leastPlace } from './leastPlace.ts';
export { type OptionName, readInteger, readWord, requireApplicable } from './options.ts';
export { type OfficialSplit, planLayer, planOfficial, planSplit } from './planSplit.ts';
export type {
  Asks,
  CacheOptions,
  CachePlan,
  HandOver,
  LayerShape,
  OwnAxes,
  Policy,
  PolicyCard,
  PolicyDefinition,
  PolicyState,
  Positions,
  ScopeChoice,
  ScopeScore,
  StepView,
  Variant,
  WalkRule,
} from './policy.ts';
export { readCounter, readFloats } from './policyState.ts';
export { random } from './random.ts';
export { findPolicy, planCache, policies, policyNames } from './registry.ts';
export { chooseInScope, type ScopePlan } from './scope.ts';
export { streamingLlm } from './streamingLlm.ts';
export { tova } from './tova.ts';
export { treekv } from './treekv.ts';
export { scopePlace, turnAt } from './walk.ts';
