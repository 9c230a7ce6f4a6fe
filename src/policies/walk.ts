// Where TreeKV may evict: a scope of two neighbouring places that walks through the selected entries from
// old to new and starts over (paper, Algorithm 1, line 16). It is a function of the number of evictions so
// far and of nothing else, so it is the same for every head and needs no memory of its own.
//
// The paper contradicts itself. Its prose and Figure 3 advance by one place, so that a pass of c evictions
// merges every pair of neighbours once, which is what builds the binary tree. The printed line,
// `idx = (idx + 1) mod c + 1`, advances by two, so that an even c leaves every second place unvisited.

import type { WalkRule } from './policy.ts';

/**
 * The left place of the scope, counted from 0 behind the sinks; the right one is the next.
 * @param turn evictions before this one.
 * @param selected c, the places the scope walks over; the right place of its last pair is the entry that
 *   has just left the recent window.
 */
export function scopePlace(rule: WalkRule, turn: number, selected: number): number {
  return (rule === 'prose' ? turn : 2 * turn) % selected;
}

/**
 * The first turn at which the scope's left place is `place`: a walk that begins with it goes on from there. The
 * printed rule never visits the odd places of an even c; for them, the turn of the place before.
 * @param place 0 .. selected - 1.
 */
export function turnAt(rule: WalkRule, place: number, selected: number): number {
  if (rule === 'prose') return place;
  const secondRound = place % 2 === 1 && selected % 2 === 1;
  return Math.floor((secondRound ? place + selected : place) / 2);
}
