// What a wavelet analysis writes down: the protocol, units of samples, and the summary. Levels are counted from the
// finest, whose detail is the difference of two neighbours, to the coarsest. All magnitudes are in thousandths: a weight
// times a value is a small number, and files are short without its zeros.
import type { MeanInterval, Result } from '../../report/index.ts';

/** What the numbers were measured under. */
export interface WaveletProtocol {
  /** What was read. */
  readonly documents: readonly {
    readonly name: string;
    /** Of its text as UTF-8, in hexadecimal. */
    readonly sha256: string;
    readonly tokens: number;
    /** Windows drawn from it. */
    readonly samples: number;
  }[];
  /** Windows read in all. */
  readonly samples: number;
  /** Tokens of a window. */
  readonly length: number;
  /** Bands, the finest first. */
  readonly levels: number;
  /** Positions at either end that are not compared. */
  readonly edge: number;
  /** Equal seeds draw equal windows. */
  readonly seed: number;
  /** How windows were drawn. */
  readonly windows: string;
  /** Where a BOS token was read. */
  readonly bos: string;
  /** Whose attention was taken. */
  readonly attention: string;
  /** What was taken apart. */
  readonly signal: string;
  /** Into what. */
  readonly wavelet: string;
  /** What is averaged over what. */
  readonly mean: string;
}

/** One window. */
export interface WaveletSample {
  /** Index in the document of its first token. */
  readonly token: number;
  /** [levels] mean magnitude of each band in the first quarter of the positions compared, to 4 digits. */
  readonly first: readonly number[];
  /** [levels] and in the last quarter. */
  readonly last: readonly number[];
}

/** Some samples of one document: what a resumed run does not measure again. */
export interface WaveletUnit {
  /** Names the unit in its run. */
  readonly key: string;
  /** Its name. */
  readonly document: string;
  /** Its windows. */
  readonly samples: readonly WaveletSample[];
  /** [levels] of [coefficients] magnitudes, the mean over the samples, to 6 digits. */
  readonly magnitudes: readonly (readonly number[])[];
}

/** Whether a claim holds, judged by 95 % intervals: `open` where one of them lies on both sides or is missing. */
export type Verdict = 'yes' | 'no' | 'open';

/** One band. */
export interface BandSummary {
  /** Counted from 1, the finest: a coefficient is over 2^level positions. */
  readonly level: number;
  /** [4] mean magnitude in each quarter of the positions compared. */
  readonly quarters: readonly number[];
  /** Logarithm of last quarter / first quarter, the mean over documents; null where a sample's quarter is 0. */
  readonly growth: MeanInterval | null;
  /** Documents in which the mean of that logarithm is above 0; null where a sample's quarter is 0. */
  readonly documentsGrowing: number | null;
  /** Growth of the finest band less this one's, paired by sample; null for the finest, and as `growth`. */
  readonly finestGrowth: MeanInterval | null;
  /** Last less first quarter of the finest band, less this one's, paired by sample; null for the finest. */
  readonly finestRise: MeanInterval | null;
}

/** What the paper says of its Figure 2, put to the test. */
export interface WaveletSummary {
  /** Windows read in all. */
  readonly samples: number;
  /** Documents that they are of. */
  readonly documents: number;
  /** [levels] */
  readonly bands: readonly BandSummary[];
  /** Every band is larger in the last quarter than in the first. */
  readonly everyBandGrows: Verdict;
  /** The finest band grows by a larger factor than every other. */
  readonly finestGrowsMost: Verdict;
  /** The finest band rises by a larger amount than every other. */
  readonly finestRisesMost: Verdict;
}

/** A run, whole. */
export type WaveletResult = Result<WaveletProtocol, WaveletUnit, WaveletSummary>;
