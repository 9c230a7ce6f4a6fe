// What follows from the units of an ablation: each variant's mean, and how it differs from TreeKV as it is, document
// by document and bucket by bucket. Buckets of one document resemble their neighbours, so they are drawn in blocks; an
// interval over them says nothing of other documents, but with one document there is no other.
import { bootstrapMean, type MeanInterval } from '../../report/index.ts';
import { mean } from '../mean.ts';
import { bucketMeans, type PerplexityProtocol, type PerplexityUnit } from '../perplexity/index.ts';

/** One variant over all documents. */
export interface VariantMean {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** Documents read. */
  readonly documents: number;
  /** Mean over documents of their mean negative log-likelihoods, natural logarithm; all tokens read count. */
  readonly nll: number;
  /** exp of the mean. */
  readonly perplexity: number;
  /** Most entries per head that a query saw, its own included. */
  readonly entriesVisible: number;
}

/** A variant less the reference: mean negative log-likelihoods, nats a token. */
export interface VariantDifference {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** The policy that is subtracted. */
  readonly reference: string;
  /** A difference a document. */
  readonly byDocument: MeanInterval;
  /** A difference a whole bucket; null if no document fills one. */
  readonly byBucket: MeanInterval | null;
}

/** What an ablation comes to. */
export interface AblationSummary {
  /** TreeKV, its variants and the baselines. */
  readonly policies: readonly VariantMean[];
  /** Each of them less TreeKV as it is. */
  readonly differences: readonly VariantDifference[];
}

/** Sums a run up. */
export function summariseAblation(
  { policies, documents, reference, bucket, bootstrap }: PerplexityProtocol,
  units: readonly PerplexityUnit[],
): AblationSummary {
  const inOrder = (policy: string): PerplexityUnit[] =>
    documents.flatMap(({ name }) => units.filter((unit) => unit.document === name && unit.policy === policy));
  const buckets = (own: readonly PerplexityUnit[]): number[] =>
    own.flatMap((unit) => bucketMeans(unit, bucket));
  const others = inOrder(reference);
  const less = (own: readonly number[], theirs: readonly number[]): number[] =>
    own.map((value, i) => value - theirs[i]);
  const names = policies.map(({ name }) => name);
  return {
    policies: names.map((policy) => {
      const own = inOrder(policy);
      const nll = mean(documentMeans(own));
      const entriesVisible = Math.max(...own.map((unit) => unit.entriesVisible));
      return { policy, documents: own.length, nll, perplexity: Math.exp(nll), entriesVisible };
    }),
    differences: names
      .filter((policy) => policy !== reference)
      .map((policy) => {
        const own = inOrder(policy);
        const inBuckets = less(buckets(own), buckets(others));
        return {
          policy,
          reference,
          byDocument: bootstrapMean(less(documentMeans(own), documentMeans(others)), bootstrap),
          byBucket:
            inBuckets.length === 0
              ? null
              : bootstrapMean(inBuckets, { ...bootstrap, block: bucketBlock(inBuckets.length) }),
        };
      }),
  };
}

/** Neighbours that are drawn together. */
function bucketBlock(buckets: number): number {
  return Math.ceil(Math.sqrt(buckets));
}

function documentMeans(units: readonly PerplexityUnit[]): number[] {
  return units.map(({ sum, tokens }) => sum / tokens);
}
