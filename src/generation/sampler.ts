// Chooses the next token from logits, in Hugging Face's order: repetition penalty, temperature, top_k,
// top_p, min_p, draw. Ties at the edge of top_k stay in, as there. Buffers last as long as the sampler, so a
// token allocates nothing that grows with the vocabulary.
import type { Random } from '../core/index.ts';
import type { GeneratePlan } from './generateOptions.ts';

/** The part of the options that chooses tokens. */
export type SamplingPlan = Pick<
  GeneratePlan,
  'do_sample' | 'temperature' | 'top_k' | 'top_p' | 'min_p' | 'repetition_penalty'
>;

/** Chooses tokens for one generation. */
export class Sampler {
  private readonly plan: SamplingPlan;
  private readonly random: Random;
  // [V] 1 for every token that the text has
  private readonly used: Uint8Array;
  // [V] logits after the penalty, then weights exp(logit - highest)
  private readonly weights: Float64Array;
  // [V] ids of the candidates, the first `count` of them in use
  private readonly candidates: Int32Array;

  constructor(plan: SamplingPlan, random: Random, used: Uint8Array) {
    this.plan = plan;
    this.random = random;
    this.used = used;
    this.weights = new Float64Array(used.length);
    this.candidates = new Int32Array(plan.do_sample ? used.length : 0);
  }

  /** The next token, given logits [V]. */
  next(logits: Float32Array): number {
    this.penalise(logits);
    return this.plan.do_sample ? this.draw() : argmax(this.weights);
  }

  private penalise(logits: Float32Array): void {
    const { repetition_penalty: penalty } = this.plan;
    this.weights.set(logits);
    if (penalty === 1) return;
    for (let id = 0; id < this.used.length; id++) {
      if (this.used[id] === 0) continue;
      const logit = this.weights[id];
      this.weights[id] = logit > 0 ? logit / penalty : logit * penalty;
    }
  }

  private draw(): number {
    const { temperature, top_k, top_p, min_p } = this.plan;
    const { weights, candidates } = this;
    const highest = weights[argmax(weights)];
    for (let id = 0; id < weights.length; id++) weights[id] = Math.exp((weights[id] - highest) / temperature);
    let count = this.keepAtLeast(top_k > 0 ? kthLargest(weights, top_k) : 0);
    if (top_p < 1) count = this.keepNucleus(count, top_p);
    if (min_p > 0) count = this.filter(count, min_p); // the likeliest weighs 1
    let total = 0;
    for (let i = 0; i < count; i++) total += weights[candidates[i]];
    let left = this.random.next() * total;
    for (let i = 0; i < count; i++) {
      left -= weights[candidates[i]];
      if (left < 0) return candidates[i];
    }
    return candidates[count - 1]; // rounding used up the last weight
  }

  /** Makes candidates of all tokens that weigh at least `floor`, in the order of ids. */
  private keepAtLeast(floor: number): number {
    let count = 0;
    for (let id = 0; id < this.weights.length; id++) {
      if (this.weights[id] >= floor) this.candidates[count++] = id;
    }
    return count;
  }

  private filter(count: number, floor: number): number {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (this.weights[this.candidates[i]] >= floor) this.candidates[kept++] = this.candidates[i];
    }
    return kept;
  }

  /** Keeps the likeliest candidates that reach `share` of their total; at least one. */
  private keepNucleus(count: number, share: number): number {
    const { weights, candidates } = this;
    let total = 0;
    for (let i = 0; i < count; i++) total += weights[candidates[i]];
    const tail = (1 - share) * total;
    // All that weigh less than tail / count come to less than the tail together, so none of them can stay:
    // what is left to sort is short.
    const kept = this.filter(count, tail / count);
    const sorted = candidates.subarray(0, kept).sort((a, b) => weights[b] - weights[a] || a - b);
    let sum = 0;
    for (let i = 0; i < kept; i++) {
      sum += weights[sorted[i]];
      if (total - sum <= tail) return i + 1;
    }
    return kept;
  }
}

/** Index of the largest number; the first of equals. */
export function argmax(values: Float64Array | Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** The k-th largest number, by a heap of the k largest so far; the smallest if there are fewer. */
function kthLargest(values: Float64Array, k: number): number {
  const size = Math.min(k, values.length);
  // [size] the least at the root
  const heap = values.slice(0, size).sort();
  for (let i = size; i < values.length; i++) {
    const value = values[i];
    if (value <= heap[0]) continue;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= value) break;
      heap[hole] = heap[child];
      hole = child;
    }
    heap[hole] = value;
  }
  return heap[0];
}
