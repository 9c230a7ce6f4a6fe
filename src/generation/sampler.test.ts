// The sampler against a plain copy of Hugging Face's processors. A stream of evenly spaced numbers in place
// of random ones makes the share of each token its probability, so distributions are compared exactly.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../core/index.ts';
import { argmax, Sampler, type SamplingPlan } from './sampler.ts';

const plain: SamplingPlan = {
  do_sample: true,
  temperature: 1,
  top_k: 0,
  top_p: 1,
  min_p: 0,
  repetition_penalty: 1,
};
const greedy: SamplingPlan = { ...plain, do_sample: false };
const none = (size: number) => new Uint8Array(size);

/** The middles of `count` equal parts of [0, 1). */
class Sweep extends Random {
  private turn = 0;
  private readonly count: number;

  constructor(count: number) {
    super(0);
    this.count = count;
  }

  override next(): number {
    return (this.turn++ + 0.5) / this.count;
  }
}

/** How often each token comes, as a share. */
function shares(
  plan: SamplingPlan,
  logits: Float32Array,
  used = none(logits.length),
  draws = 1000,
): number[] {
  const sampler = new Sampler(plan, new Sweep(draws), used);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < draws; i++) counts[sampler.next(logits)]++;
  return counts.map((count) => count / draws);
}

function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Probabilities after transformers' processors and warpers, in its order; each as its source states it. */
function reference(plan: SamplingPlan, logits: Float32Array, used: Uint8Array) {
  let margin = 1; // how far the nucleus is from being cut elsewhere
  let scores = [...logits];
  scores = scores.map((s, id) => {
    if (used[id] === 0) return s;
    return s < 0 ? s * plan.repetition_penalty : s / plan.repetition_penalty;
  });
  scores = scores.map((s) => s / plan.temperature);
  if (plan.top_k > 0) {
    const kth = [...scores].sort((a, b) => b - a)[Math.min(plan.top_k, scores.length) - 1];
    scores = scores.map((s) => (s < kth ? Number.NEGATIVE_INFINITY : s));
  }
  if (plan.top_p < 1) {
    const probabilities = softmax(scores);
    const ascending = [...probabilities.keys()].sort((a, b) => probabilities[a] - probabilities[b] || b - a);
    let sum = 0;
    for (const id of ascending.slice(0, -1)) {
      sum += probabilities[id];
      if (probabilities[id] > 0) margin = Math.min(margin, Math.abs(sum - (1 - plan.top_p)));
      if (sum <= 1 - plan.top_p) scores[id] = Number.NEGATIVE_INFINITY;
    }
  }
  if (plan.min_p > 0) {
    const probabilities = softmax(scores);
    const floor = plan.min_p * Math.max(...probabilities);
    for (const [id, p] of probabilities.entries()) {
      if (p > 0) margin = Math.min(margin, Math.abs(p - floor));
      if (p < floor) scores[id] = Number.NEGATIVE_INFINITY;
    }
  }
  return { probabilities: softmax(scores), margin };
}

// Eighths make ties; finer fractions seldom do, and differ by enough to survive the exponential.
const logit = fc.oneof(
  fc.integer({ min: -24, max: 24 }).map((n) => n / 8),
  fc.integer({ min: -6000, max: 6000 }).map((n) => n / 997),
);
const cases = fc
  .array(fc.tuple(logit, fc.constantFrom(0, 1)), { minLength: 1, maxLength: 14 })
  .map((drawn) => ({
    logits: Float32Array.from(drawn, ([value]) => value),
    used: Uint8Array.from(drawn, ([, used]) => used),
  }));

/** Compares the sampler with the reference on random logits. */
function agrees(options: fc.Arbitrary<Partial<SamplingPlan>>): void {
  fc.assert(
    fc.property(cases, options, ({ logits, used }, chosen) => {
      const plan = { ...plain, ...chosen };
      const { probabilities, margin } = reference(plan, logits, used);
      fc.pre(margin > 1e-9);
      const drawn = shares(plan, logits, used);
      for (const [id, p] of probabilities.entries()) expect(Math.abs(drawn[id] - p)).toBeLessThan(0.0021);
    }),
  );
}

const temperature = fc.constantFrom(0.3, 0.7, 1, 1.7, 5);
const top_k = fc.integer({ min: 1, max: 16 });
const top_p = fc.constantFrom(0.03, 0.317, 0.5, 0.77, 0.949, 0.9993);
const min_p = fc.constantFrom(0.013, 0.1, 0.37, 0.93, 1);
const repetition_penalty = fc.constantFrom(0.5, 1.1, 2.3);

test('plain sampling draws from the softmax', () => agrees(fc.constant({})));
test('temperature divides the logits', () => agrees(fc.record({ temperature })));
test('top_k keeps the k likeliest, and with the last of them its equals', () => agrees(fc.record({ top_k })));
test('top_p keeps the likeliest that reach the share', () => agrees(fc.record({ top_p })));
test('min_p drops what is less likely than its share of the likeliest', () => agrees(fc.record({ min_p })));
test('repetition_penalty weakens used tokens', () => agrees(fc.record({ repetition_penalty })));
test('all together apply in the order of Hugging Face', () =>
  agrees(fc.record({ temperature, top_k, top_p, min_p, repetition_penalty })));

test('top_k 1 keeps every token that is as likely as the likeliest', () => {
  expect(shares({ ...plain, top_k: 1 }, Float32Array.of(2, 1, 2, 0))).toEqual([0.5, 0, 0.5, 0]);
});

test('a token of probability zero is never drawn', () => {
  const logits = Float32Array.of(Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 0);
  expect(shares(plain, logits)).toEqual([0, 0.5, 0, 0.5]);
});

test('greedy choice takes the likeliest, the first of equals', () => {
  const sampler = new Sampler(greedy, new Random(1), none(4));
  expect(sampler.next(Float32Array.of(1, 3, 3, 2))).toBe(1);
});

test('greedy choice heeds the repetition penalty, for positive and negative logits', () => {
  const plan = { ...greedy, repetition_penalty: 2 };
  expect(new Sampler(plan, new Random(1), Uint8Array.of(1, 0)).next(Float32Array.of(3, 2))).toBe(1);
  expect(new Sampler(plan, new Random(1), Uint8Array.of(1, 0)).next(Float32Array.of(-1, -1.5))).toBe(1);
});

test('the logits handed in stay as they are', () => {
  const logits = Float32Array.of(3, 2, -1);
  new Sampler({ ...plain, temperature: 2, repetition_penalty: 2 }, new Random(1), none(3).fill(1)).next(
    logits,
  );
  expect([...logits]).toEqual([3, 2, -1]);
});

test('equal seeds draw equally, and other seeds otherwise', () => {
  const logits = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const draw = (seed: number) => {
    const sampler = new Sampler(plain, new Random(seed), none(50));
    return Array.from({ length: 40 }, () => sampler.next(logits));
  };
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});

test('random draws come about as often as their probabilities', () => {
  const logits = Float32Array.of(0, 1, 2, -1);
  const sampler = new Sampler(plain, new Random(11), none(4));
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 20_000; i++) counts[sampler.next(logits)]++;
  for (const [id, p] of softmax([...logits]).entries()) {
    expect(Math.abs(counts[id] / 20_000 - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 20_000));
  }
});

test('argmax is the first of the largest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1 }), (values) => {
      expect(argmax(Float32Array.from(values))).toBe(values.indexOf(Math.max(...values)));
    }),
  );
});
