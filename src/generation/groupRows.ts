// Which rows of a scoring step together. A group is a function of the rows and the model alone: numbers of
// another group differ in their last bits, so a run that goes on after a kill must form the groups that it had.
// Rows of a group have one budget, since a batch has one number of slots. A full cache goes alone: it evicts
// nothing, so it is as fast in long chunks, and its slots would burden the others.
import { bytesPerToken, type EntryShape } from '../cache/index.ts';
import type { ModelConfig } from '../model/index.ts';
import type { CachePlan } from '../policies/index.ts';
import { PROJECTED_FLOATS } from './chunks.ts';
import type { ScoreRow } from './score.ts';

/** What groups depend on beside their rows. */
export interface GroupLimits {
  readonly config: EntryShape & Pick<ModelConfig, 'vocabSize'>;
  /** Tokens a run once entries are evicted. */
  readonly chunk: number;
}

/** More rows gain nothing. */
const MOST_ROWS = 64;
/** With fewer rows a step wastes time: four take half as long as fifty. */
const ENOUGH_ROWS = 16;
/** Tokens that a kill may lose, unless that leaves fewer rows than are enough. */
const MOST_TOKENS = 1 << 18;
/** Bytes of keys and values. */
const MOST_BYTES = 2 ** 30;

interface OpenGroup {
  readonly rows: number[];
  tokens: number;
}

/** Row numbers by group, in the order of each group's first row. */
export function groupRows(rows: readonly ScoreRow[], limits: GroupLimits): number[][] {
  const groups: OpenGroup[] = [];
  const open = new Map<CachePlan['budget'], OpenGroup>();
  for (const [row, { ids, plan }] of rows.entries()) {
    let group = plan.budget === null ? undefined : open.get(plan.budget);
    if (group === undefined || isFull(group, ids.length, plan.budget ?? 0, limits)) {
      group = { rows: [], tokens: 0 };
      groups.push(group);
      open.set(plan.budget, group);
    }
    group.rows.push(row);
    group.tokens += ids.length;
  }
  return groups.map((group) => group.rows);
}

function isFull(group: OpenGroup, tokens: number, budget: number, { config, chunk }: GroupLimits): boolean {
  const rowBytes = budget * bytesPerToken(config);
  const most = Math.min(MOST_ROWS, MOST_BYTES / rowBytes, PROJECTED_FLOATS / (config.vocabSize * chunk));
  if (group.rows.length + 1 > most) return true;
  return group.rows.length >= ENOUGH_ROWS && group.tokens + tokens > MOST_TOKENS;
}
