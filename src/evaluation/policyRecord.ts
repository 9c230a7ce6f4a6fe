// The caches of a run as its result names them: plan, card, and, for a policy that a user wrote, the hash of its
// file, so that a run does not go on under another policy of the same path.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type CachePlan, findPolicy, type PolicyCard, protocolCard } from '../policies/index.ts';
import type { NamedPlan } from './policySpec.ts';

/** A cache of a run. */
export interface PolicyRecord {
  /** As tables name it. */
  readonly name: string;
  /** Its `cache` option with everything decided. */
  readonly cache: CachePlan;
  /** How it decides, in words. */
  readonly card: PolicyCard;
  /** Of the module's file; without what it imports. Built-in policies have none. */
  readonly sha256?: string;
}

/** The records of the caches, in their order. Throws BAD_OPTION or FILE_NOT_FOUND for a module. */
export function recordPolicies(policies: readonly NamedPlan[]): Promise<PolicyRecord[]> {
  return Promise.all(
    policies.map(async ({ name, plan }) => {
      const card = protocolCard(plan, await findPolicy(plan.policy));
      if (!plan.policy.startsWith('file:')) return { name, cache: plan, card };
      const sha256 = createHash('sha256').update(await readFile(fileURLToPath(plan.policy)));
      return { name, cache: plan, card, sha256: sha256.digest('hex') };
    }),
  );
}
