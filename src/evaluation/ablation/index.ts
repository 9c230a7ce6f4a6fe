// Variants of TreeKV side by side.
export { type AblationGroup, ablationBaselines, ablationGroupNames, findGroups } from './ablationGroups.ts';
export { ablationPlots } from './ablationPlots.ts';
export type { AblationSummary, VariantDifference, VariantMean } from './ablationSummary.ts';
export { ablationTable } from './ablationTable.ts';
export {
  type AblationProtocol,
  type AblationReport,
  type AblationRequest,
  evaluateAblation,
} from './evaluateAblation.ts';
