// How a command line names caches to compare: `treekv`, `h2o:official`, `treekv:printed:keep-left`. A shared
// budget, sinks and recent go to every policy that they apply to, which is the comparison of the paper's
// tables; `full` has no budget, an official variant brings its own split, and `no-sinks` and `no-recent` take
// one policy out of the shared one.
import { isListOf, isObject, isText, nearest, requireArgument, TreekvError } from '../core/index.ts';
import { type CacheOptions, type CachePlan, planCache } from '../policies/index.ts';

/** The split that all policies of a comparison share. */
export type SharedSplit = Pick<CacheOptions, 'budget' | 'sinks' | 'recent'>;

/** A cache under the name that tables give it. */
export interface NamedPlan {
  /** As tables name it. */
  readonly name: string;
  /** Its `cache` option with everything decided. */
  readonly plan: CachePlan;
}

// Which option a word behind a colon sets; the words of different options differ.
const words: Readonly<Record<string, CacheOptions>> = {
  paper: { variant: 'paper' },
  official: { variant: 'official' },
  prose: { rule: 'prose' },
  printed: { rule: 'printed' },
  score: { choice: 'score' },
  'keep-left': { choice: 'keep-left' },
  'keep-right': { choice: 'keep-right' },
  mean: { score: 'mean' },
  sum: { score: 'sum' },
  last: { score: 'last' },
  'no-sinks': { sinks: 0 },
  'no-recent': { recent: 0 },
  'by-place': { positions: 'by-place' },
  absolute: { positions: 'absolute' },
};

/** Decides the caches that `specs` name. Throws BAD_OPTION or BUDGET_TOO_SMALL. */
export async function planPolicies(specs: readonly string[], split: SharedSplit): Promise<NamedPlan[]> {
  requireArgument('planPolicies', 'policies', specs, isListOf('texts', isText));
  requireArgument('planPolicies', 'split', split, isObject);
  const named = await Promise.all(
    specs.map(async (spec) => ({ name: spec, plan: await planSpec(spec, split) })),
  );
  for (const [i, { name }] of named.entries()) {
    if (named.findIndex((other) => other.name === name) === i) continue;
    throw new TreekvError('BAD_OPTION', `Policy '${name}' is named twice; name it once.`, { policy: name });
  }
  return named;
}

/** Throws BAD_OPTION if a part of the split that somebody asked for goes to none of the policies. */
export function requireSplitUsed(specs: readonly string[], split: SharedSplit): void {
  const parsed = specs.map(parseSpec);
  for (const option of ['budget', 'sinks', 'recent'] as const) {
    const value = split[option];
    const takes = ({ policy, own }: ParsedSpec): boolean =>
      policy !== 'full' && own[option] === undefined && (option === 'budget' || own.variant !== 'official');
    if (value === undefined || parsed.some(takes)) continue;
    const message = `No policy named takes '${option}' (${value}): ${specs.join(', ')}. Leave it out, or name one that does.`;
    throw new TreekvError('BAD_OPTION', message, { option, value });
  }
}

interface ParsedSpec {
  readonly policy: string;
  /** What the words behind the policy say. */
  readonly own: CacheOptions;
}

function parseSpec(spec: string): ParsedSpec {
  // A module's path may hold a colon (file:, C:\): only known words behind the last colons are options.
  const parts = spec.split(':');
  const said = new Map<string, string>();
  const own: CacheOptions = {};
  while (parts.length > 1 && Object.hasOwn(words, parts[parts.length - 1])) {
    const word = parts.pop() ?? '';
    const [option] = Object.keys(words[word]);
    const other = said.get(option);
    if (other !== undefined) {
      const message = `'${word}' and '${other}' in '${spec}' both set the ${option}; keep one of them.`;
      throw new TreekvError('BAD_OPTION', message, { spec, option });
    }
    said.set(option, word);
    Object.assign(own, words[word]);
  }
  const policy = parts.join(':');
  if (parts.length > 1 && !/[/\\]/.test(policy)) {
    const word = parts[parts.length - 1];
    const guess = nearest(word, Object.keys(words));
    const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
    const message = `'${word}' in '${spec}' is no option.${hint} Options: ${Object.keys(words).join(', ')}.`;
    throw new TreekvError('BAD_OPTION', message, { spec, word });
  }
  return { policy, own };
}

async function planSpec(spec: string, split: SharedSplit): Promise<CachePlan> {
  const { policy, own } = parseSpec(spec);
  if (policy === 'full') return planCache({ policy, ...own });
  if (own.variant === 'official') {
    return planCache({ policy, ...own, ...(split.budget && { budget: split.budget }) });
  }
  return planCache({ policy, ...split, ...own });
}
