// What a config says of the rotary embedding: its base, and how its frequencies are stretched. Hugging Face
// configs spell it in two ways, `rope_theta` and `rope_scaling` until transformers 4, `rope_parameters` since
// 5; both come to the same here. It computes no angle: the engine's rotary table does.
import { TreekvError } from '../core/index.ts';
import { wayOut } from './architecture.ts';
import { asObject, badValue, count, type Json, positive, unsupported } from './configFields.ts';

/** How the frequencies of the rotary embedding are stretched for a longer context. */
export type RopeScaling =
  /** Llama 3.1: low frequencies divided by `factor`, high ones kept, those between blended. */
  | {
      readonly kind: 'llama3';
      /** At least 1. */
      readonly factor: number;
      /** A frequency is low that makes fewer turns than this in `originalMaxPositions` positions, */
      readonly lowFreqFactor: number;
      /** and high if it makes more than this; above `lowFreqFactor`. */
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    }
  /** [D/2] what each frequency is divided by, as GGUF files say it. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] };

/** The rotary part of a config. */
export interface Rope {
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
}

/** What the numbers of llama3 are called, in a place that errors can name. */
interface Llama3Keys {
  readonly place: string;
  readonly factor: string;
  readonly low: string;
  readonly high: string;
  readonly original: string;
}

const stored: Llama3Keys = {
  place: 'ropeScaling',
  factor: 'factor',
  low: 'lowFreqFactor',
  high: 'highFreqFactor',
  original: 'originalMaxPositions',
};

/** Reads it from a Hugging Face config. Throws where one place in it contradicts another. */
export function readRope(config: Json, file: string): Rope {
  const thetas: [string, number][] = [];
  const scalings: [string, RopeScaling | null][] = [];
  if (config.rope_theta != null) thetas.push(['rope_theta', positive(config, 'rope_theta', file)]);
  for (const place of ['rope_scaling', 'rope_parameters']) {
    if (config[place] == null) continue;
    const rope = asObject(config[place], file, place);
    if (rope.rope_theta != null) thetas.push([`${place}.rope_theta`, positive(rope, 'rope_theta', file)]);
    scalings.push([place, readScaling(rope, place, file)]);
  }
  return { ropeTheta: agreed(thetas, file) ?? 10000, ropeScaling: agreed(scalings, file) ?? null };
}

/** Reads back what a packed file stores of a head width. */
export function restoreRopeScaling(json: unknown, headDim: number, file: string): RopeScaling | null {
  if (json == null) return null;
  const scaling = asObject(json, file, stored.place);
  if (scaling.kind === 'llama3') return llama3(scaling, stored, file);
  if (scaling.kind !== 'factors') throw unsupported(file, 'ropeScaling of kind', scaling.kind, wayOut);
  const { factors } = scaling;
  if (Array.isArray(factors) && factors.length === headDim / 2 && factors.every(isFactor)) {
    return { kind: 'factors', factors };
  }
  throw badValue(file, 'ropeScaling.factors', factors, `a list of ${headDim / 2} positive numbers`);
}

function readScaling(rope: Json, place: string, file: string): RopeScaling | null {
  const types = [rope.rope_type, rope.type].filter((said) => said != null);
  const type = types[0] ?? 'default';
  if (types.some((other) => other !== type)) {
    throw badValue(file, `${place}.type`, rope.type, `rope_type's ${JSON.stringify(type)}, or absent`);
  }
  if (type !== 'default' && type !== 'llama3') throw unsupported(file, `${place} of type`, type, wayOut);
  const keys: Llama3Keys = {
    place,
    factor: 'factor',
    low: 'low_freq_factor',
    high: 'high_freq_factor',
    original: 'original_max_position_embeddings',
  };
  const own = type === 'llama3' ? [keys.factor, keys.low, keys.high, keys.original] : [];
  const known = ['rope_type', 'type', 'rope_theta', 'partial_rotary_factor', ...own];
  for (const [key, value] of Object.entries(rope)) {
    if (value != null && !known.includes(key)) {
      throw unsupported(
        file,
        `${place}.${key}`,
        value,
        `rotary embeddings of type ${type} have no such number`,
      );
    }
  }
  const partial = rope.partial_rotary_factor ?? 1;
  if (partial !== 1) throw unsupported(file, `${place}.partial_rotary_factor`, partial, wayOut);
  return type === 'llama3' ? llama3(rope, keys, file) : null;
}

function llama3(json: Json, keys: Llama3Keys, file: string): RopeScaling {
  const name = (key: string): string => `${keys.place}.${key}`;
  const fields = Object.fromEntries(Object.entries(json).map(([key, value]) => [name(key), value]));
  const factor = positive(fields, name(keys.factor), file);
  if (factor < 1) throw badValue(file, name(keys.factor), factor, 'a number of at least 1');
  const low = positive(fields, name(keys.low), file);
  const high = positive(fields, name(keys.high), file);
  if (high <= low) throw badValue(file, name(keys.high), high, `above ${keys.low}, which is ${low}`);
  const originalMaxPositions = count(fields, name(keys.original), file);
  return { kind: 'llama3', factor, lowFreqFactor: low, highFreqFactor: high, originalMaxPositions };
}

function isFactor(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

/** What all places say, or nothing if there are none. */
function agreed<Value>(said: readonly (readonly [string, Value])[], file: string): Value | undefined {
  if (said.length === 0) return undefined;
  const [[firstPlace, first], ...others] = said;
  for (const [place, other] of others) {
    if (JSON.stringify(other) === JSON.stringify(first)) continue;
    throw new TreekvError(
      'BAD_FILE',
      `${file}: ${firstPlace} is ${JSON.stringify(first)} but ${place} is ${JSON.stringify(other)}; remove ` +
        'the wrong one',
      { file, [firstPlace]: first, [place]: other },
    );
  }
  return first;
}
