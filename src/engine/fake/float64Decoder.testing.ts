// A decoder of the Llama family in float64 and plain loops, written from the model's definition and not from the graph:
// the reference that engine tests compare with. It is told which entries each KV head of each layer holds
// (keys before the rotary embedding, and their positions), reads some new tokens, and returns everything that
// an engine could be asked for. Weights go by their Hugging Face names, matrices as [outputs, inputs].
import type { ModelConfig } from '../../model/index.ts';
import { ropeFrequencies, rotate } from './float64Rope.testing.ts';

/** A matrix or a vector. */
export interface ReferenceWeight {
  readonly values: Float32Array;
  /** Inputs are rounded to 8 bits in blocks of so many first, each to 127 steps of its largest magnitude. */
  readonly roundedInputs?: number;
}

/** Weights by Hugging Face name. */
export type ReferenceWeights = ReadonlyMap<string, ReferenceWeight>;

/** One token's key and value for one KV head of one layer. */
export interface ReferenceEntry {
  /** [D] before the rotary embedding, after the norm of its head if there is one. */
  readonly key: Float64Array;
  /** [D] */
  readonly value: Float64Array;
  readonly position: number;
}

/** [layers][kvHeads][entries]; all heads of a layer hold equally many. */
export type ReferenceCache = readonly (readonly (readonly ReferenceEntry[])[])[];

/** What the new tokens came to. */
export interface ReferenceStep {
  /** [T] of [V] */
  readonly logits: readonly Float64Array[];
  /** [layers][kvHeads][T] the new entries. */
  readonly entries: readonly (readonly (readonly ReferenceEntry[])[])[];
  /** [layers][queryHeads][T] of [cached + T] attention probabilities; cached entries in the order given. */
  readonly probabilities: readonly (readonly (readonly Float64Array[])[])[];
}

/** A cache that holds nothing. */
export function emptyCache({ layers, kvHeads }: ModelConfig): ReferenceCache {
  return Array.from({ length: layers }, () => Array.from({ length: kvHeads }, () => []));
}

/** Reads tokens. @param positions [T] theirs; or, where layers hold different numbers of entries, [layers][T]. */
export function referenceStep(
  config: ModelConfig,
  weights: ReferenceWeights,
  cache: ReferenceCache,
  ids: ArrayLike<number>,
  positions: readonly number[] | readonly (readonly number[])[],
): ReferenceStep {
  const { hiddenSize, intermediateSize, vocabSize, queryHeads, kvHeads, headDim, rmsNormEps } = config;
  const weight = (name: string): ReferenceWeight => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(`the reference lacks ${name}`);
    return found;
  };
  const embedding = weight('model.embed_tokens.weight');
  const frequencies = ropeFrequencies(config);
  // [T] of [hiddenSize] the residual stream
  const hidden = Array.from(ids, (id) =>
    Float64Array.from(embedding.values.subarray(id * hiddenSize, (id + 1) * hiddenSize)),
  );
  const entries: ReferenceEntry[][][] = [];
  const probabilities: Float64Array[][][] = [];

  for (let l = 0; l < config.layers; l++) {
    const own = ofLayer(positions, l);
    const at = (name: string) => weight(`model.layers.${l}.${name}.weight`);
    const normed = hidden.map((x) => rmsNorm(x, at('input_layernorm'), rmsNormEps));
    // [T] of [heads][headDim]
    const heads = (name: 'q' | 'k' | 'v', count: number): Float64Array[][] =>
      normed.map((x) => {
        const projected = multiply(at(`self_attn.${name}_proj`), x, count * headDim);
        if (config.qkvBias) add(projected, weight(`model.layers.${l}.self_attn.${name}_proj.bias`).values);
        return Array.from({ length: count }, (_, head) => {
          const part = projected.slice(head * headDim, (head + 1) * headDim);
          return config.qkNorm && name !== 'v'
            ? rmsNorm(part, at(`self_attn.${name}_norm`), rmsNormEps)
            : part;
        });
      });
    const queries = heads('q', queryHeads);
    const keys = heads('k', kvHeads);
    const values = heads('v', kvHeads);

    const fresh = Array.from({ length: kvHeads }, (_, head) =>
      own.map((position, t) => ({ key: keys[t][head], value: values[t][head], position })),
    );
    entries.push(fresh);

    const mixed = hidden.map(() => new Float64Array(queryHeads * headDim));
    const rows: Float64Array[][] = [];
    for (let head = 0; head < queryHeads; head++) {
      const kvHead = Math.floor(head / (queryHeads / kvHeads));
      const seen = [...cache[l][kvHead], ...fresh[kvHead]];
      const cached = cache[l][kvHead].length;
      rows.push(
        own.map((position, t) => {
          const rotated = rotate(queries[t][head], position, frequencies);
          const attention = new Float64Array(seen.length);
          let sum = 0;
          for (let i = 0; i <= cached + t; i++) {
            const key = rotate(seen[i].key, seen[i].position, frequencies);
            attention[i] = Math.exp(dot(rotated, key) / Math.sqrt(headDim));
            sum += attention[i];
          }
          for (let i = 0; i <= cached + t; i++) {
            attention[i] /= sum;
            for (let j = 0; j < headDim; j++) {
              mixed[t][head * headDim + j] += attention[i] * seen[i].value[j];
            }
          }
          return attention;
        }),
      );
    }
    probabilities.push(rows);

    for (const [t, x] of hidden.entries()) {
      add(x, multiply(at('self_attn.o_proj'), mixed[t], hiddenSize));
      const inner = rmsNorm(x, at('post_attention_layernorm'), rmsNormEps);
      const gate = multiply(at('mlp.gate_proj'), inner, intermediateSize);
      const up = multiply(at('mlp.up_proj'), inner, intermediateSize);
      const activated = gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]);
      add(x, multiply(at('mlp.down_proj'), activated, hiddenSize));
    }
  }

  const head = config.tiedEmbeddings ? embedding : weight('lm_head.weight');
  const logits = hidden.map((x) =>
    multiply(head, rmsNorm(x, weight('model.norm.weight'), rmsNormEps), vocabSize),
  );
  return { logits, entries, probabilities };
}

/** A text that the reference reads step by step; of its tokens, it is told only which are still kept. */
export class ReferenceText {
  private readonly config: ModelConfig;
  private readonly weights: ReferenceWeights;
  // [layers][kvHeads][tokens] every entry that there ever was
  private readonly history: ReferenceEntry[][][];

  constructor(config: ModelConfig, weights: ReferenceWeights) {
    this.config = config;
    this.weights = weights;
    this.history = emptyCache(config).map((heads) => heads.map(() => []));
  }

  /** The entry of a token. */
  entry(layer: number, head: number, token: number): ReferenceEntry {
    return this.history[layer][head][token];
  }

  /**
   * Reads tokens.
   * @param kept [layers][kvHeads] the tokens that are still kept, by index in the text, ascending.
   * @param absolute positions are indices in the text, else places among the kept.
   */
  read(ids: ArrayLike<number>, kept: readonly (readonly number[][])[], absolute: boolean): ReferenceStep {
    const cache = kept.map((heads, l) =>
      heads.map((tokens, head) =>
        tokens.map((token, place) => ({ ...this.entry(l, head, token), position: absolute ? token : place })),
      ),
    );
    const first = absolute ? this.history[0][0].length : kept[0][0].length;
    const positions = Array.from(ids, (_, t) => first + t);
    const step = referenceStep(this.config, this.weights, cache, ids, positions);
    for (const [l, heads] of step.entries.entries()) {
      for (const [head, entries] of heads.entries()) this.history[l][head].push(...entries);
    }
    return step;
  }
}

/** -log softmax(logits)[target]. */
export function referenceNll(logits: ArrayLike<number>, target: number): number {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  return (
    Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0)) + largest - values[target]
  );
}

/** Largest difference over the largest magnitude expected. */
export function largestError(actual: ArrayLike<number> | undefined, expected: ArrayLike<number>): number {
  if (actual?.length !== expected.length)
    throw new Error(`${actual?.length} numbers, not ${expected.length}`);
  let [difference, magnitude] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    // NaN must not pass for small
    const distance = Math.abs(actual[i] - expected[i]);
    if (!(distance <= difference)) difference = distance;
    magnitude = Math.max(magnitude, Math.abs(expected[i]));
  }
  return difference === 0 ? 0 : difference / magnitude;
}

/** Pearson's correlation. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = (values: readonly number[]) => {
    const middle = mean(values);
    return values.map((value) => value - middle);
  };
  const [aside, beside] = [centred(a), centred(b)];
  const product = (x: readonly number[], y: readonly number[]) => mean(x.map((value, i) => value * y[i]));
  return product(aside, beside) / Math.sqrt(product(aside, aside) * product(beside, beside));
}

function ofLayer(
  positions: readonly number[] | readonly (readonly number[])[],
  layer: number,
): readonly number[] {
  const own = positions[layer];
  return typeof own === 'object' ? own : (positions as readonly number[]);
}

function rmsNorm(x: Float64Array, weight: ReferenceWeight, epsilon: number): Float64Array {
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => value * scale * weight.values[i]);
}

/** matrix [rows, x.length] times x. */
function multiply({ values, roundedInputs }: ReferenceWeight, x: Float64Array, rows: number): Float64Array {
  if (values.length !== rows * x.length)
    throw new Error(`${values.length} weights, not ${rows} x ${x.length}`);
  const inputs = roundedInputs === undefined ? x : round(x, roundedInputs);
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += values[row * x.length + i] * inputs[i];
    return sum;
  });
}

function round(x: Float64Array, block: number): Float64Array {
  return x.map((value, i) => {
    const from = i - (i % block);
    const largest = Math.max(...x.subarray(from, from + block).map(Math.abs));
    return largest === 0 ? 0 : (Math.round((value / largest) * 127) / 127) * largest;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function add(to: Float64Array, what: ArrayLike<number>): void {
  for (let i = 0; i < to.length; i++) to[i] += what[i];
}
