// How far two runs of one experiment lie apart, unit by unit: numbers by the largest difference relative to them,
// everything else by whether it is the same. Times and memory are left out, which no two runs share; so are traces,
// whose bytes change with a single decision.
import type { Unit } from '../src/report/index.ts';

export interface Comparison {
  /** Units that both have, and that only one of them has. */
  readonly both: number;
  readonly single: number;
  /** Units of both that are equal to the last bit. */
  readonly equal: number;
  /** The largest relative difference of two numbers, and where; null if all are equal. */
  readonly largest: { readonly difference: number; readonly at: string } | null;
  /** Places where something else differs, such as a written answer. */
  readonly others: readonly string[];
}

const leftOut = new Set(['measured', 'trace']);

/** Compares units by their keys. */
export function compareUnits(first: readonly Unit[], second: readonly Unit[]): Comparison {
  const byKey = new Map(second.map((unit) => [unit.key, unit]));
  const pairs = first.flatMap((unit) => {
    const other = byKey.get(unit.key);
    return other === undefined ? [] : [[unit, other] as const];
  });
  let equal = 0;
  let largest: Comparison['largest'] = null;
  const others: string[] = [];
  for (const [unit, other] of pairs) {
    const found = [...differences(unit, other, unit.key)];
    if (found.length === 0) equal++;
    for (const { at, difference } of found) {
      if (difference === null) others.push(at);
      else if (largest === null || difference > largest.difference) largest = { difference, at };
    }
  }
  return {
    both: pairs.length,
    single: first.length + second.length - 2 * pairs.length,
    equal,
    largest,
    others,
  };
}

interface Difference {
  readonly at: string;
  /** Relative to the larger of two numbers; null: of something else. */
  readonly difference: number | null;
}

function* differences(a: unknown, b: unknown, at: string): Generator<Difference> {
  if (Object.is(a, b)) return;
  if (typeof a === 'number' && typeof b === 'number') {
    yield { at, difference: Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)) };
  } else if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!leftOut.has(key)) yield* differences(a[key], b[key], `${at} ${key}`);
    }
  } else yield { at, difference: null };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
