// What is kept, in numbers: how far back it reaches, and whether it lies evenly or in clumps. It looks at the end
// of a text only, and at one head at a time; means over heads and layers come after.

import { mean } from '../mean.ts';
import { headsOf, type KeptTokens } from './keptTokens.ts';

/** Neighbouring gaps that are compared with each other. */
const WINDOW = 8;

/** The kept tokens of one text, mean over the heads looked at. */
export interface KeptStatistics {
  /** Entries kept per head. */
  readonly entries: number;
  /** Share of the kept entries by age, in bins of so many tokens, the newest first; sums to 1. */
  readonly ages: readonly number[];
  /**
   * How unevenly kept entries lie among their neighbours: over every 8 gaps in a row, their variance by their
   * squared mean. 0 for even spacing, whatever its density; null if fewer than 9 entries are kept. One block of
   * entries counts as even: that it leaves the rest out is what `stretch` says.
   */
  readonly clumpiness: number | null;
  /** Tokens in a row without an entry around a token of the text, mean over the tokens; 1 for a kept one. */
  readonly stretch: number;
  /** Most tokens in a row of which none is kept. */
  readonly largestHole: number;
}

/** Counts. @param layer the only one looked at; null for all. @param bin tokens of an age bin. */
export function keptStatistics(
  kept: KeptTokens,
  { layer, tokens, bin }: { readonly layer: number | null; readonly tokens: number; readonly bin: number },
): KeptStatistics {
  const rows = headsOf(kept, layer);
  const ages = new Array<number>(Math.ceil(tokens / bin)).fill(0);
  let entries = 0;
  for (const row of rows) {
    entries += row.length;
    for (const token of row) ages[Math.floor((tokens - 1 - token) / bin)]++;
  }
  const clumps = rows.map((row) => clumpiness(gapsOf(row)));
  return {
    entries: entries / rows.length,
    ages: ages.map((count) => count / entries),
    clumpiness: clumps.every((value) => value !== null) ? mean(clumps) : null,
    stretch: mean(rows.map((row) => meanStretch(row, tokens))),
    largestHole: mean(rows.map((row) => Math.max(...holesOf(row, tokens)))),
  };
}

function gapsOf(row: Int32Array): number[] {
  return Array.from(row.subarray(1), (token, i) => token - row[i]);
}

function clumpiness(gaps: readonly number[]): number | null {
  if (gaps.length < WINDOW) return null;
  let sum = 0;
  for (let from = 0; from + WINDOW <= gaps.length; from++) {
    const window = gaps.slice(from, from + WINDOW);
    const middle = mean(window);
    sum += mean(window.map((gap) => (gap - middle) ** 2)) / middle ** 2;
  }
  return sum / (gaps.length - WINDOW + 1);
}

/** Tokens without an entry before the first kept one, between any two, and behind the last. */
function holesOf(row: Int32Array, tokens: number): number[] {
  return [row[0], ...gapsOf(row).map((gap) => gap - 1), tokens - 1 - row[row.length - 1]];
}

/** A kept token counts as a stretch of 1, a lost one as the hole that it lies in. */
function meanStretch(row: Int32Array, tokens: number): number {
  return holesOf(row, tokens).reduce((sum, hole) => sum + hole * hole, row.length) / tokens;
}
