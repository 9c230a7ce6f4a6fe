// What experiments have in common: result files, tables, intervals, plots.

// experiments write their other files by the same means
export { writeWhole } from '../core/index.ts';
export {
  type BootstrapOptions,
  bootstrapMean,
  bootstrapStatistic,
  formatInterval,
  type MeanInterval,
} from './bootstrapMean.ts';
export { linePlot, policyColor } from './linePlot.ts';
export { type Align, markdownTable } from './markdownTable.ts';
export { type Picture, type PlotSpec, renderPng, renderSvg } from './plot.ts';
export type { Level } from './quantile.ts';
export {
  type ModelCard,
  type Result,
  type RunHead,
  type SoftwareCard,
  softwareCard,
  type Unit,
} from './result.ts';
export {
  outputStem,
  ResumableRun,
  type RunOptions,
  readResult,
  resultExists,
  resultFile,
} from './resumableRun.ts';
export { wilsonInterval } from './wilsonInterval.ts';
