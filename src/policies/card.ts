// The protocol card: what a number was measured under, in words. Six axes explain nearly every failure to
// reproduce a result in this field, so every result carries them. It describes; it decides nothing.

import type { CachePlan, OwnAxes, PolicyCard, PolicyDefinition } from './policy.ts';
import { policies } from './registry.ts';

const unstated: OwnAxes = { score: 'not stated', sharing: 'not stated', group: 'not stated' };

/**
 * The card of a plan, for decode.
 * @param definition the policy's, if it is not a built-in one.
 */
export function protocolCard(
  plan: CachePlan,
  definition: PolicyDefinition | undefined = policies.get(plan.policy),
): PolicyCard {
  return {
    // Fixed by the contract in policy.ts, whatever the policy.
    when: plan.budget === null ? 'never' : 'after attention, as if tokens came one at a time',
    ...(definition?.card?.(plan) ?? unstated),
    positions:
      plan.positions === 'by-place' ? 're-assigned by place in the cache' : 'absolute, as in the text',
    order: 'token order',
    entriesVisible: plan.budget === null ? null : plan.budget + 1,
  };
}
