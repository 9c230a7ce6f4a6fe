export type { SampleOptions } from './planSamples.ts';
export { evaluateWavelet, type WaveletRequest } from './wavelet.ts';
export { waveletPlots } from './waveletPlots.ts';
export type {
  BandSummary,
  Verdict,
  WaveletProtocol,
  WaveletResult,
  WaveletSample,
  WaveletSummary,
  WaveletUnit,
} from './waveletResult.ts';
export { waveletTable } from './waveletTable.ts';
