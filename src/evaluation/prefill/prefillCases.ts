// Which prefills are compared: every policy and method in both modes at every budget. What has no form in a mode is
// left out there, and only what has none in any is refused: `snapkv` cannot evict while it reads, and a policy of a
// module has no method that compresses at once.
import { TreekvError } from '../../core/index.ts';
import type { CachePlan } from '../../policies/index.ts';
import { type PrefillMode, type PrefillPlan, planPrefill, prefillMethodNames } from '../../prefill/index.ts';
import type { SharedSplit } from '../policySpec.ts';
import { isMethodOnly, planSessions } from '../sessionSpec.ts';

/** A prefill and the cache that decodes after it, under the name that results give the pair. */
export interface PrefillCase {
  /** Unique among the cases: mode, policy or method, budget, block. */
  readonly name: string;
  /** The policy or method as it was named. */
  readonly policy: string;
  /** Its `prefill` option with everything decided. */
  readonly prefill: PrefillPlan;
  /** Its `cache` option with everything decided. */
  readonly cache: CachePlan;
}

/** Which cases are made of the policies and methods named. */
export interface PrefillCaseOptions {
  /** Policies and prefill methods. */
  readonly policies: readonly string[];
  /** Entries kept per KV head and layer; `full` is run once. */
  readonly budgets: readonly number[];
  /** How prompts are read. @default both */
  readonly modes?: readonly PrefillMode[];
  /** TreeKV's tokens a block in mode `full`, to compare them. @default the method's default alone */
  readonly blocks?: readonly number[];
  /** Sinks and recent entries, the same in every case. @default those of the `cache` option */
  readonly split?: Omit<SharedSplit, 'budget'>;
}

/** Decides the cases, by policy, then budget, then mode. Throws BAD_OPTION or BUDGET_TOO_SMALL. */
export async function planPrefillCases(options: PrefillCaseOptions): Promise<PrefillCase[]> {
  const { policies, budgets, modes = ['full', 'chunked'], blocks, split = {} } = options;
  const cases: PrefillCase[] = [];
  for (const policy of policies) {
    const before = cases.length;
    for (const budget of policy === 'full' ? budgets.slice(0, 1) : budgets) {
      for (const mode of policy === 'full' ? (['full'] as const) : modes) {
        if (!hasForm(policy, mode)) continue;
        const [{ plan }] = await planSessions([policy], { ...split, budget }, { mode });
        cases.push(...variants(policy, plan.cache, plan.prefill, blocks));
      }
    }
    if (cases.length > before) continue;
    const message = `'${policy}' has no form in mode ${modes.join(' or ')}; name another mode, or leave it out.`;
    throw new TreekvError('BAD_OPTION', message, { policy, modes });
  }
  if (blocks !== undefined) requireBlocksUsed(cases, blocks);
  requireUniqueNames(cases);
  return cases;
}

function requireBlocksUsed(cases: readonly PrefillCase[], blocks: readonly number[]): void {
  if (cases.some(({ prefill }) => prefill.mode === 'full' && prefill.block !== undefined)) return;
  const message =
    "Block sizes have no effect: only 'treekv' in mode 'full' goes by blocks, and no case does. Leave them out " +
    '(--blocks), or add one (--policies, --modes).';
  throw new TreekvError('BAD_OPTION', message, { blocks });
}

/** A case's figures are found by its name, so that two of one name cannot be told apart. Throws BAD_OPTION. */
function requireUniqueNames(cases: readonly PrefillCase[]): void {
  const seen = new Set<string>();
  for (const { name } of cases) {
    if (seen.has(name)) {
      const message = `Case '${name}' comes twice: name each policy, budget, mode and block size once.`;
      throw new TreekvError('BAD_OPTION', message, { case: name });
    }
    seen.add(name);
  }
}

/** The case, or one a block size where the method goes by blocks. */
function variants(
  policy: string,
  cache: CachePlan,
  prefill: PrefillPlan,
  blocks: readonly number[] | undefined,
): PrefillCase[] {
  const name = [prefill.mode, policy, cache.budget ?? 'all'].join(' ');
  if (prefill.mode === 'chunked' || prefill.block === undefined || blocks === undefined) {
    return [{ name, policy, prefill, cache }];
  }
  const { mode, method } = prefill;
  return blocks.map((block) => {
    const planned = planPrefill({ mode, method, block }, cache);
    return { name: `${name} b=${block}`, policy, prefill: planned, cache };
  });
}

/** Whether a mode can be asked of a policy; words behind colons do not matter. */
function hasForm(policy: string, mode: PrefillMode): boolean {
  return mode === 'chunked' ? !isMethodOnly(policy) : prefillMethodNames.includes(policy.split(':')[0]);
}
