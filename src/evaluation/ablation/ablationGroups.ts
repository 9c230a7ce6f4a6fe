// What of TreeKV is varied (the paper's Figure 5, and where the paper is silent or contradicts itself), as names of
// caches: each group changes one thing and has TreeKV as it is first. Nothing is measured here.
import { nearest, TreekvError } from '../../core/index.ts';

/** One thing that is varied. */
export type AblationGroup = 'choice' | 'rule' | 'score' | 'split' | 'positions';

/** A group's words. */
export interface GroupDefinition {
  readonly title: string;
  /** Names as `planPolicies` takes them. */
  readonly policies: readonly string[];
}

/** TreeKV as it is: what every variant is compared with. */
export const ablationReference = 'treekv';

/** The methods beside TreeKV and its variants, unless told otherwise. */
export const ablationBaselines: readonly string[] = ['h2o', 'streaming-llm', 'tova'];

/** The groups by name. */
export const ablationGroups: Readonly<Record<AblationGroup, GroupDefinition>> = {
  choice: {
    title: 'Choice inside the scope: by score, or always the older or the newer stays',
    policies: ['treekv', 'treekv:keep-left', 'treekv:keep-right'],
  },
  rule: {
    title: "Walk: the prose's rule, or line 16 as printed",
    policies: ['treekv', 'treekv:printed'],
  },
  score: {
    title: "Score: mean mass per query, its sum, or the last query's mass",
    policies: ['treekv', 'treekv:sum', 'treekv:last'],
  },
  split: {
    title: 'Split: sinks + recent + selected, or without one or both of the first two',
    policies: ['treekv', 'treekv:no-recent', 'treekv:no-sinks', 'treekv:no-sinks:no-recent'],
  },
  positions: {
    title: 'Positions: by place in the cache, or absolute',
    policies: ['treekv', 'treekv:absolute'],
  },
};

/** The names of the groups. */
export const ablationGroupNames = Object.keys(ablationGroups) as readonly AblationGroup[];

/** The groups of these names, each once, in the order given. Throws BAD_OPTION. */
export function findGroups(names: readonly string[]): AblationGroup[] {
  if (names.length === 0) throw unknown('', 'No group is named');
  return [...new Set(names)].map((name) => {
    const found = ablationGroupNames.find((group) => group === name);
    if (found !== undefined) return found;
    const guess = nearest(name, ablationGroupNames);
    throw unknown(name, `'${name}' is no group${guess === undefined ? '' : `; did you mean '${guess}'?`}`);
  });
}

function unknown(value: string, what: string): TreekvError {
  const message = `${what.replace(/[^?]$/, '$&.')} Groups: ${ablationGroupNames.join(', ')}.`;
  return new TreekvError('BAD_OPTION', message, { option: 'groups', value });
}
