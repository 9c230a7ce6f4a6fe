// Test support, not published: attention maps of a prompt, causal, one per query head, and the mass that an
// engine would make of them. Numbers are seeded; it checks nothing.
import fc from 'fast-check';
import { hashUnit } from '../core/index.ts';
import type { PrefillView } from './prefillMethod.ts';

/** The attention of one layer over a prompt. */
export interface AttentionMap {
  /** KV heads. */
  readonly heads: number;
  /** Query heads of a KV head. */
  readonly group: number;
  /** Tokens of the prompt. */
  readonly length: number;
  /** What a query of a query head gives to a key; 0 for keys behind it. */
  at(queryHead: number, query: number, key: number): number;
}

/** A map of whole numbers below `levels`, full of ties. Rows do not sum to 1; no choice may depend on that. */
export function tiedMap(seed: number, levels: number, shape: Omit<AttentionMap, 'at'>): AttentionMap {
  return {
    ...shape,
    at: (queryHead, query, key) =>
      key > query ? 0 : Math.floor(hashUnit(seed, queryHead, query, key) * levels),
  };
}

/** A map whose rows sum to 1 and in which nearly all numbers differ. */
export function softMap(seed: number, shape: Omit<AttentionMap, 'at'>): AttentionMap {
  const weight = (queryHead: number, query: number, key: number) =>
    hashUnit(seed, queryHead, query, key) ** 4 + 1e-6;
  const sums = new Map<number, number>();
  return {
    ...shape,
    at(queryHead, query, key) {
      if (key > query) return 0;
      const row = queryHead * shape.length + query;
      let sum = sums.get(row);
      if (sum === undefined) {
        sum = 0;
        for (let k = 0; k <= query; k++) sum += weight(queryHead, query, k);
        sums.set(row, sum);
      }
      return weight(queryHead, query, key) / sum;
    },
  };
}

/** What a method is given of a map: mean over the group, summed over the last `queries` queries. */
export function viewOf(map: AttentionMap, queries: number): PrefillView {
  const { heads, group, length } = map;
  const mass = new Float64Array(queries === 0 ? 0 : heads * length);
  for (let queryHead = 0; queryHead < heads * group; queryHead++) {
    const row = Math.floor(queryHead / group) * length;
    for (let query = length - queries; query < length; query++) {
      for (let key = 0; key <= query; key++) mass[row + key] += map.at(queryHead, query, key) / group;
    }
  }
  return { heads, length, queries, mass };
}

/** Maps of any shape. Groups are powers of 2, so that means of whole numbers, and with them ties, are exact. */
export function maps(longest: number): fc.Arbitrary<AttentionMap> {
  const shape = fc.record({
    heads: fc.integer({ min: 1, max: 3 }),
    group: fc.constantFrom(1, 2, 4),
    length: fc.integer({ min: 1, max: longest }),
  });
  return fc
    .record({ shape, seed: fc.nat(1e6), levels: fc.integer({ min: 0, max: 5 }) })
    .map((drawn) =>
      drawn.levels === 0 ? softMap(drawn.seed, drawn.shape) : tiedMap(drawn.seed, drawn.levels, drawn.shape),
    );
}

/** Rows of a [heads, kept] list. */
export function rowsOf(kept: Int32Array, heads: number): number[][] {
  const perHead = kept.length / heads;
  return Array.from({ length: heads }, (_, head) => [...kept.subarray(head * perHead, (head + 1) * perHead)]);
}
