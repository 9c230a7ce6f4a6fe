// The steps of one head, and for TreeKV the tree that they build (the paper's Figure 3). Of the scope's pair one
// leaves, and the other stands for the tokens of both from then on; since neighbours in the cache are neighbours in
// the text, every entry stands for one stretch of it. Other policies have steps and no tree: what leaves is gone.
import { scopePlace, treekv } from '../../policies/index.ts';
import { replayTrace } from './replayTrace.ts';
import type { Trace } from './trace.ts';

/** A kept token and the stretch of the text that it stands for. */
export interface TreeEntry {
  readonly token: number;
  /** First and last token of the stretch, both in it; `token` alone where there is no tree. */
  readonly from: number;
  readonly to: number;
}

/** What one token did. */
export interface TreeStep {
  /** The token read. */
  readonly token: number;
  /** What the cache held when it was read, itself last: budget + 1 entries at most. */
  readonly before: readonly TreeEntry[];
  /** The token that left; null while there is room. */
  readonly left: number | null;
  /** The scope's two tokens, older first; null without a walk or without an eviction. */
  readonly scope: readonly [number, number] | null;
}

/** The steps of one head over a whole text. */
export interface MergeTree {
  readonly policy: string;
  readonly budget: number | null;
  readonly layer: number;
  readonly head: number;
  readonly steps: readonly TreeStep[];
  /** What is kept after the last step. */
  readonly end: readonly TreeEntry[];
}

/** A token as tables and pictures of steps number it: from 1, as the paper does, so that step t reads token t. */
export function tokenNumber(token: number): number {
  return token + 1;
}

/** Follows one head of a trace. */
export function mergeTree(trace: Trace, layer: number, head: number): MergeTree {
  const { policy, plan } = trace;
  const walks = plan.policy === treekv.name;
  const steps: TreeStep[] = [];
  let held: readonly TreeEntry[] = [];
  let turn = 0;
  replayTrace(trace, (token, layers) => {
    const before = [...held, { token, from: token, to: token }];
    const place = layers[layer].left[head];
    if (place < 0) {
      steps.push({ token, before, left: null, scope: null });
      held = before;
      return;
    }
    const left = before[place];
    const after = before.filter((entry) => entry !== left);
    let scope: TreeStep['scope'] = null;
    if (walks) {
      const older = plan.sinks + scopePlace(plan.rule ?? 'prose', turn++, plan.selected);
      scope = [before[older].token, before[older + 1].token];
      // What stays of the pair now stands at the older one's place.
      const { from } = before[older];
      after[older] = { ...after[older], from, to: before[older + 1].to };
    }
    steps.push({ token, before, left: left.token, scope });
    held = after;
  });
  return { policy, budget: trace.layers[layer].budget, layer, head, steps, end: held };
}
