export { evaluateNeedle, type NeedleResult, type NeedleRunOptions } from './evaluateNeedle.ts';
export { evaluateRuler, type RulerRequest, type RulerResult, type RulerUnit } from './evaluateRuler.ts';
export { needlePlots } from './needlePlots.ts';
export type { NeedleProtocol } from './needleProtocol.ts';
export {
  type NeedleOptions,
  type NeedleRequest,
  type NeedleTask,
  planNeedle,
  planQuery,
  type ScoreKind,
} from './needleRequest.ts';
export type { NeedleCell, NeedlePair, NeedlePolicy, NeedleSummary } from './needleSummary.ts';
export { needleTable } from './needleTable.ts';
export type { NeedleUnit } from './needleUnit.ts';
export { type RulerFile, readRulerFile } from './rulerFile.ts';
export { rulerTable } from './rulerTable.ts';
