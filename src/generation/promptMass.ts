// The mass that the last queries of a prompt give to everything before them, while nothing leaves. To the cache
// it is a policy that keeps all and asks only in the steps that it is told to; several windows of queries are
// summed side by side, so that several methods share one reading. It decides nothing.
import type { Asks, Policy, PolicyDefinition } from '../policies/index.ts';
import { EntryColumn } from '../policies/index.ts';

/** Mass by window, one sum a layer and entry. */
export class PromptMass {
  /** The windows to which the queries of the next step belong; without any, the step computes no mass. */
  asking: readonly number[] = [];
  /** Makes the policy of each layer. */
  readonly definition: Pick<PolicyDefinition, 'create'>;
  // [layers] window -> [heads, entries] mass by rank
  private readonly layers: Map<number, EntryColumn>[] = [];

  constructor() {
    this.definition = { create: (_plan, { layer, heads }) => this.collector(layer, heads) };
  }

  /** [heads, entries] mass that the last `window` queries gave; of length 0 for a window of 0. */
  of(layer: number, window: number): Float64Array {
    if (window === 0) return new Float64Array(0);
    const column = this.layers[layer].get(window);
    if (column === undefined) throw new RangeError(`no mass was collected for a window of ${window}`);
    return column.state();
  }

  private collector(layer: number, heads: number): Policy {
    const columns = new Map<number, EntryColumn>();
    this.layers[layer] = columns;
    const asked = (): Asks => (this.asking.length === 0 ? 'none' : 'all');
    return {
      get asks() {
        return asked();
      },
      budget: Infinity,
      step: ({ before, added, mass }) => {
        for (const window of this.asking) {
          let column = columns.get(window);
          if (column === undefined) {
            column = new EntryColumn(heads);
            columns.set(window, column);
          }
          column.append(before + added - column.length);
          column.add(mass);
        }
      },
      state: () => ({}),
      restore() {},
    };
  }
}
