// What makes a chunk equal to its tokens: the entries of a step join one at a time, and each that exceeds the
// budget pushes one out (paper, Algorithm 1, its loop over new tokens). A policy built on it states only the
// one-token rule, `Choose`. It judges nothing, and a step that evicts one entry per head copies nothing.

import type { RankList, StepView } from './policy.ts';

/**
 * The one-token rule: the place in `alive` of the entry that leaves.
 * @param alive [length] ranks of the entries that are left, ascending; to be read only.
 * @param length budget + 1.
 * @param turn evictions before this one within the step; the same for every head.
 */
export type Choose = (head: number, alive: Int32Array, length: number, turn: number) => number;

/** Names what a step evicts; returns how many leave per head, E. @param evicted [heads, E] receives ranks. */
export type Evict = (step: Pick<StepView, 'heads' | 'before' | 'added'>, evicted: RankList) => number;

/** Turns a one-token rule into one for steps of any length. The result owns its buffers: one per policy. */
export function evictOneByOne(budget: number, choose: Choose): Evict {
  // [room] 0, 1, 2, ...: what is alive as long as nothing has left
  let ranks = new Int32Array(0);
  // [room] what is alive in the head at work
  let alive = new Int32Array(0);

  return ({ heads, before, added }, evicted) => {
    const total = before + added;
    const leaving = Math.max(0, total - budget);
    if (leaving === 0) return 0;

    const room = Math.max(before, budget) + 1;
    if (ranks.length < room) {
      ranks = Int32Array.from({ length: room }, (_, rank) => rank);
      alive = new Int32Array(room);
    }

    for (let head = 0; head < heads; head++) {
      if (leaving === 1) {
        evicted[head] = choose(head, ranks, total, 0); // nothing has left yet: the place is the rank
        continue;
      }
      alive.set(ranks.subarray(0, before));
      let length = before;
      let turn = 0;
      for (let rank = before; rank < total; rank++) {
        alive[length++] = rank;
        while (length > budget) {
          const place = choose(head, alive, length, turn++);
          alive.copyWithin(place, place + 1, length--);
        }
      }
      listEvicted(alive, length, evicted.subarray(head * leaving, (head + 1) * leaving));
    }
    return leaving;
  };
}

/** Writes the ranks that are no longer alive, ascending. @param evicted [total - length] */
function listEvicted(alive: Int32Array, length: number, evicted: RankList): void {
  let living = 0;
  for (let rank = 0, found = 0; found < evicted.length; rank++) {
    if (living < length && alive[living] === rank) living++;
    else evicted[found++] = rank;
  }
}
