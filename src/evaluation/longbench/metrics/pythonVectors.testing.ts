// What Python says of texts of our own: test/fixtures/longbenchMetrics.json, which tools/reference/longbenchMetrics.py
// makes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Words of one letter with running numbers: how the deep sentences are stored. */
export type Runs = readonly (readonly [letter: string, count: number])[];

type Pair = readonly [prediction: string, gold: string, score: number];

interface Vectors {
  readonly normalise: readonly (readonly [text: string, normal: string])[];
  readonly qaF1: readonly Pair[];
  readonly count: readonly Pair[];
  readonly retrieval: readonly Pair[];
  readonly classification: readonly (readonly [
    prediction: string,
    gold: string,
    classes: string[],
    score: number,
  ])[];
  readonly percent: readonly Pair[];
  readonly code: readonly Pair[];
  readonly rougeL: readonly Pair[];
  readonly rougeDeep: readonly (readonly [prediction: Runs, gold: Runs, score: number])[];
  readonly hundredths: readonly (readonly [x: number, python: number, numpy: number])[];
  readonly integers: readonly (readonly [x: number, rounded: number])[];
  readonly means: readonly (readonly [values: number[], mean: number])[];
}

const file = join(import.meta.dirname, '../../../../test/fixtures/longbenchMetrics.json');

export const pythonVectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
