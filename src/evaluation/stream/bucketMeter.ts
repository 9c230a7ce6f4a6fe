// A stream's numbers in buckets of equal length: likelihoods in float64, each token's added in its turn, so that a
// bucket's sum is the same wherever a run was cut off; and what the machine spent meanwhile. A step that ends in
// another bucket than it began in is divided by tokens.

/** What the machine spent on a bucket: differs from run to run. */
export interface BucketCost {
  /** [batches] milliseconds inside steps. */
  readonly milliseconds: readonly number[];
  /** [batches] most bytes allocated for keys, values and slot numbers. */
  readonly cacheBytes: readonly number[];
  /** Most memory that the process held resident after a step of the bucket. */
  readonly rssBytes: number;
  /** States from which the run had gone on when the bucket ended: buckets with equal numbers are of one process. */
  readonly restarts: number;
}

/** A stretch of the stream. */
export interface StreamBucket {
  /** Names the stretch in its run. */
  readonly key: string;
  /** The tokens read at the indices from .. to - 1 of the stream. */
  readonly from: number;
  /** Index behind its last token. */
  readonly to: number;
  /** Tokens scored, those that follow them; BOS is not. */
  readonly scored: number;
  /** [policies] negative log-likelihoods, natural logarithm, summed. */
  readonly sums: readonly number[];
  /** What the machine spent on it. */
  readonly measured: BucketCost;
}

/** One step's numbers. */
export interface StepFigures {
  /** [t] the tokens that follow those read; -1 for one that is not scored. */
  readonly targets: Int32Array;
  /** [policies] of those scored. */
  readonly nll: readonly Float32Array[];
  /** [batches] */
  readonly milliseconds: readonly number[];
  /** [batches] */
  readonly cacheBytes: readonly number[];
  readonly rssBytes: number;
}

/** What buckets are cut from. */
export interface BucketPlan {
  /** Tokens a bucket; the last may have fewer. */
  readonly size: number;
  /** Tokens of the stream. */
  readonly total: number;
}

/** The first bucket, empty. */
export function emptyBucket(policies: number, batches: number): StreamBucket {
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  const measured = { milliseconds: zeros(batches), cacheBytes: zeros(batches), rssBytes: 0, restarts: 0 };
  return { key: '0', from: 0, to: 0, scored: 0, sums: zeros(policies), measured };
}

/** Fills buckets. */
export class BucketMeter {
  private readonly plan: BucketPlan;
  private readonly restarts: number;
  private from: number;
  private at: number;
  private scored: number;
  private readonly sums: number[];
  private readonly milliseconds: number[];
  private readonly cacheBytes: number[];
  private rssBytes: number;

  /** @param begun the bucket at hand, as `open` gave it. @param restarts times that the run was resumed. */
  constructor(plan: BucketPlan, begun: StreamBucket, restarts: number) {
    this.plan = plan;
    this.restarts = restarts;
    this.from = begun.from;
    this.at = begun.to;
    this.scored = begun.scored;
    this.sums = [...begun.sums];
    this.milliseconds = [...begun.measured.milliseconds];
    this.cacheBytes = [...begun.measured.cacheBytes];
    this.rssBytes = begun.measured.rssBytes;
  }

  /** The bucket at hand, as far as it is filled. */
  get open(): StreamBucket {
    return {
      key: String(this.from / this.plan.size),
      from: this.from,
      to: this.at,
      scored: this.scored,
      sums: [...this.sums],
      measured: {
        milliseconds: this.milliseconds.map((value) => Math.round(1000 * value) / 1000),
        cacheBytes: [...this.cacheBytes],
        rssBytes: this.rssBytes,
        restarts: this.restarts,
      },
    };
  }

  /** Takes a step in; the buckets that it completed. */
  take(step: StepFigures): StreamBucket[] {
    const completed: StreamBucket[] = [];
    let [taken, scored] = [0, 0];
    while (taken < step.targets.length) {
      const limit = Math.min(this.from + this.plan.size, this.plan.total);
      const until = Math.min(step.targets.length, taken + limit - this.at);
      scored = this.fill(step, taken, until, scored);
      taken = until;
      if (this.at < limit) break;
      completed.push(this.open);
      this.begin();
    }
    return completed;
  }

  /** Takes in the step's tokens first .. until - 1, of which `scored` is the first scored; the next one scored. */
  private fill(step: StepFigures, first: number, until: number, scored: number): number {
    const { targets, nll, milliseconds, cacheBytes, rssBytes } = step;
    const { sums } = this;
    let next = scored;
    for (let t = first; t < until; t++) {
      if (targets[t] < 0) continue;
      for (let p = 0; p < sums.length; p++) sums[p] += nll[p][next];
      next++;
    }
    this.scored += next - scored;
    const share = (until - first) / targets.length;
    for (let b = 0; b < milliseconds.length; b++) {
      this.milliseconds[b] += share * milliseconds[b];
      this.cacheBytes[b] = Math.max(this.cacheBytes[b], cacheBytes[b]);
    }
    this.rssBytes = Math.max(this.rssBytes, rssBytes);
    this.at += until - first;
    return next;
  }

  private begin(): void {
    this.from = this.at;
    this.scored = 0;
    this.sums.fill(0);
    this.milliseconds.fill(0);
    this.cacheBytes.fill(0);
    this.rssBytes = 0;
  }
}
