// A policy that others look at while it works: it decides as it would alone, and tells what it made of each step.
// So any policy, a user's module included, can be recorded without knowing of it.
import type { CachePlan, LayerShape, Policy, PolicyDefinition, StepView } from '../../policies/index.ts';

/** Who looks on. What it is shown is valid until it returns. */
export interface EvictionWatcher {
  /** A layer's policy was made. */
  begin(policy: Policy, shape: LayerShape): void;
  /**
   * A layer took a step.
   * @param evicted [heads, E] the ranks that leave, ascending per head.
   */
  step(layer: number, view: StepView, evicted: Int32Array): void;
}

/** The definition, watched. */
export function watchedPolicy(
  definition: Pick<PolicyDefinition, 'create'>,
  watchers: readonly EvictionWatcher[],
): Pick<PolicyDefinition, 'create'> {
  return {
    create(plan: CachePlan, shape: LayerShape): Policy {
      const policy = definition.create(plan, shape);
      for (const watcher of watchers) watcher.begin(policy, shape);
      return {
        get asks() {
          return policy.asks;
        },
        budget: policy.budget,
        step(view, evicted: Int32Array) {
          policy.step(view, evicted);
          for (const watcher of watchers) watcher.step(shape.layer, view, evicted);
        },
        state: () => policy.state(),
        restore: (state) => policy.restore(state),
      };
    },
  };
}
