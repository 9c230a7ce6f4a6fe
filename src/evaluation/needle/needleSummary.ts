// What a grid of needles comes to: a rate of hits per cell and per policy with Wilson intervals, and policies against
// each other prompt by prompt. A function of the units alone, so that a result file is enough.
import { bootstrapMean, type MeanInterval, wilsonInterval } from '../../report/index.ts';
import { isHit, type NeedleUnit } from './needleUnit.ts';
import { differenceInterval } from './scoreInterval.ts';

/** How often something was so. */
export interface Rate {
  /** How often it was tried. */
  readonly n: number;
  /** How many of them were so. */
  readonly hits: number;
  /** hits / n. */
  readonly rate: number;
  /** Wilson's interval, 95 %. */
  readonly low: number;
  /** Its upper end. */
  readonly high: number;
}

/** How often something was found. */
export interface HitRate extends Rate {
  /** Exact matches: answers that were begun with; in the score by likelihood the hits themselves. */
  readonly exact: Rate;
  /** Mean over the prompts; null in a score by generation. */
  readonly nll: MeanInterval | null;
}

/** A policy at one length and depth. */
export interface NeedleCell extends HitRate {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
  /** Tokens of the prompt. */
  readonly length: number;
  /** Share of the text before the needle that was asked for, 0 to 1. */
  readonly depth: number;
}

/** A policy over all prompts. */
export interface NeedlePolicy extends HitRate {
  /** The cache or session, by the name that tables give it. */
  readonly policy: string;
}

/** Two policies on the same prompts. */
export interface NeedlePair {
  /** One of the two, by name. */
  readonly first: string;
  /** The other. */
  readonly second: string;
  /** Prompts that both read. */
  readonly n: number;
  /** Prompts on which one of them alone found the answer. */
  readonly onlyFirst: number;
  /** Prompts on which the other alone did. */
  readonly onlySecond: number;
  /** Rate of the first less that of the second. */
  readonly rate: MeanInterval;
  /** The same of nll; null in a score by generation. */
  readonly nll: MeanInterval | null;
}

/** What a grid comes to. */
export interface NeedleSummary {
  /** Each policy at each length and depth. */
  readonly cells: readonly NeedleCell[];
  /** Each policy over the whole grid. */
  readonly policies: readonly NeedlePolicy[];
  /** Each two policies. */
  readonly pairs: readonly NeedlePair[];
}

/** The axes of a grid. */
export interface NeedleGrid {
  readonly lengths: readonly number[];
  readonly depths: readonly number[];
  readonly sessions: readonly { readonly name: string }[];
}

/** Summarises a grid. */
export function summariseNeedle(
  units: readonly NeedleUnit[],
  { lengths, depths, sessions }: NeedleGrid,
): NeedleSummary {
  const names = sessions.map(({ name }) => name);
  const of = (policy: string): NeedleUnit[] => units.filter((unit) => unit.policy === policy);
  return {
    cells: names.flatMap((policy) => {
      const own = of(policy);
      return lengths.flatMap((length) =>
        depths.map((depth) => ({
          ...{ policy, length, depth },
          ...hitRate(own.filter((unit) => unit.length === length && unit.depth === depth)),
        })),
      );
    }),
    policies: names.map((policy) => ({ policy, ...hitRate(of(policy)) })),
    pairs: names.flatMap((first, i) => names.slice(i + 1).map((second) => pair(of(first), of(second)))),
  };
}

function hitRate(units: readonly NeedleUnit[]): HitRate {
  const n = units.length;
  const exact = units.filter(({ score }) => score.exact).length;
  return {
    ...rateOf(units.filter(isHit).length, n),
    ...{ exact: rateOf(exact, n), nll: meanOf(units.flatMap(nllOf)) },
  };
}

function rateOf(hits: number, n: number): Rate {
  return { n, hits, rate: hits / n, ...wilsonInterval(hits, n) };
}

function pair(first: readonly NeedleUnit[], second: readonly NeedleUnit[]): NeedlePair {
  const others = new Map(second.map((unit) => [promptOf(unit), unit]));
  const both = first.flatMap((unit) => {
    const other = others.get(promptOf(unit));
    return other === undefined ? [] : [[unit, other] as const];
  });
  const hits = [0, 1].map((side) => both.map((units) => Number(isHit(units[side]))));
  const only = (side: number): number => both.filter((_, i) => hits[side][i] > hits[1 - side][i]).length;
  return {
    first: first[0].policy,
    second: second[0].policy,
    n: both.length,
    onlyFirst: only(0),
    onlySecond: only(1),
    rate: differenceInterval(hits[0], hits[1]),
    nll: meanOf(both.flatMap(([a, b]) => nllOf(a).map((nll, i) => nll - nllOf(b)[i]))),
  };
}

function nllOf({ score }: NeedleUnit): number[] {
  return 'nll' in score ? [score.nll] : [];
}

function meanOf(values: readonly number[]): MeanInterval | null {
  return values.length === 0 ? null : bootstrapMean(values);
}

function promptOf({ length, depth, sample }: NeedleUnit): string {
  return [length, depth, sample].join(' ');
}
