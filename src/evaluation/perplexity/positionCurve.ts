// How well a policy predicts at each place of a document: the mean over documents of the buckets' mean negative
// log-likelihoods. A bucket that a document does not fill is left out, so that every mean is over equally many tokens
// of each document.

import { mean } from '../mean.ts';
import type { PerplexityProtocol } from './perplexityProtocol.ts';
import type { PerplexityUnit } from './perplexityUnit.ts';

/** Mean negative log-likelihoods of a document's whole buckets. */
export function bucketMeans(
  { tokens, buckets }: Pick<PerplexityUnit, 'tokens' | 'buckets'>,
  bucket: number,
): number[] {
  return buckets.slice(0, Math.floor(tokens / bucket)).map((sum) => sum / bucket);
}

/** One point of a curve. */
export interface CurvePoint {
  /** The middle of the bucket, in tokens from the beginning of the document. */
  readonly position: number;
  /** Mean over the documents that fill it. */
  readonly nll: number;
}

/** A policy's curve. @param units of all policies. @param window of protocol `sliding`. */
export function positionCurve(
  { bucket, documents }: Pick<PerplexityProtocol, 'bucket' | 'documents'>,
  units: readonly PerplexityUnit[],
  policy: string,
  window: number | null = null,
): CurvePoint[] {
  const own = documents.flatMap(({ name }) =>
    units
      .filter((unit) => unit.document === name && unit.policy === policy && unit.window === window)
      .map((unit) => bucketMeans(unit, bucket)),
  );
  const longest = own.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: longest }, (_, b) => {
    const values = own.filter(({ length }) => length > b).map((means) => means[b]);
    return { position: (b + 0.5) * bucket, nll: mean(values) };
  });
}

/** The mean so far: smooth where single buckets follow the text. Points stand at the ends of buckets. */
export function runningMean(curve: readonly CurvePoint[], bucket: number): CurvePoint[] {
  let sum = 0;
  return curve.map(({ nll }, b) => {
    sum += nll;
    return { position: (b + 1) * bucket, nll: sum / (b + 1) };
  });
}
