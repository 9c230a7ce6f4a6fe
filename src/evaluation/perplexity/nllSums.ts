// Negative log-likelihoods of a document, summed in float64 as they come: over all tokens, over the first N for
// every context N, and over buckets of equal length for curves against position. It divides nothing.

/** Sums of one document under one cache. */
export class NllSums {
  /** Over all tokens. */
  sum = 0;
  /** Tokens. */
  count = 0;
  readonly contexts: readonly number[];
  /** [contexts] sums over the first tokens. */
  readonly ofContext: Float64Array;
  /** [buckets] */
  readonly ofBucket: Float64Array;
  private readonly bucket: number;

  /** @param tokens that the document has to score. @param bucket tokens a bucket. */
  constructor(contexts: readonly number[], tokens: number, bucket: number) {
    this.contexts = contexts;
    this.bucket = bucket;
    this.ofContext = new Float64Array(contexts.length);
    this.ofBucket = new Float64Array(Math.ceil(tokens / bucket));
  }

  /** Adds the tokens at, at + 1, .. of the document. */
  add(nll: Float32Array, at: number): void {
    for (let i = 0; i < nll.length; i++) {
      this.sum += nll[i];
      this.ofBucket[Math.floor((at + i) / this.bucket)] += nll[i];
    }
    for (const [c, context] of this.contexts.entries()) {
      const end = Math.min(nll.length, context - at);
      for (let i = 0; i < end; i++) this.ofContext[c] += nll[i];
    }
    this.count += nll.length;
  }
}
