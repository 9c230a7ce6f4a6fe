// Policies from modules are other people's code, and what they return decides which entries a model sees. This puts
// a check around everything that such a policy returns or throws, so that its fault is named as its own and never
// becomes a silent other text. Built-in policies promise the same by their tests and run without it.
import { TreekvError } from '../core/index.ts';
import { faultOfPlan } from './faultOfPlan.ts';
import type {
  Asks,
  CachePlan,
  HandOver,
  LayerShape,
  Policy,
  PolicyDefinition,
  PolicyState,
  StepView,
} from './policy.ts';

const everyAsks: readonly Asks[] = ['none', 'all', 'last'];

/** The definition with every call checked. @param module its name in errors. */
export function guardPolicy(definition: PolicyDefinition, module: string): PolicyDefinition {
  const guard = new Guard(module);
  const { handOver, card } = definition;
  return {
    name: definition.name,
    summary: definition.summary,
    plan: (options) => guard.plan(guard.run('plan()', {}, () => definition.plan(options))),
    create: (plan, shape) =>
      guardedPolicy(
        guard,
        guard.run('create()', shape, () => definition.create(plan, shape)),
        plan,
        shape,
      ),
    ...(handOver !== undefined && {
      handOver: (plan: CachePlan, left: HandOver) =>
        guard.state(
          'handOver()',
          {},
          guard.run('handOver()', {}, () => handOver.call(definition, plan, left)),
        ),
    }),
    ...(card !== undefined && {
      card: (plan: CachePlan) => guard.card(guard.run('card()', {}, () => card.call(definition, plan))),
    }),
  };
}

type Where = Partial<LayerShape> & { readonly head?: number; readonly rank?: number };

/** A layer's policy, whose decisions are checked in one pass over the ranks that leave. */
function guardedPolicy(guard: Guard, inner: Policy, plan: CachePlan, shape: LayerShape): Policy {
  const { layer } = shape;
  const budget = plan.budget ?? Infinity;
  for (const name of ['step', 'state', 'restore'] as const) {
    if (typeof inner?.[name] !== 'function') throw guard.blame(`create() gave no ${name}()`, { layer });
  }
  if (inner.budget !== budget) {
    throw guard.blame(`create() gave a policy with budget ${inner.budget} for a plan of ${budget}`, {
      layer,
    });
  }
  // [heads, stride] of its own: what it writes there must not reach the cache
  let tokens = new Int32Array(0);
  return {
    budget,
    get asks() {
      const { asks } = inner;
      if (!everyAsks.includes(asks)) {
        throw guard.blame(`asks for '${asks}', not for one of ${everyAsks.join(', ')}`, { layer });
      }
      return asks;
    },
    step(view, evicted) {
      if (tokens.length !== view.tokens.length) tokens = new Int32Array(view.tokens.length);
      tokens.set(view.tokens);
      evicted.fill(UNSET);
      const answer: unknown = guard.run('step()', { layer }, () => inner.step({ ...view, tokens }, evicted));
      if (isPromise(answer))
        throw guard.blame('step() returned a promise; it must decide at once', { layer });
      if (inner.budget !== budget) {
        throw guard.blame(`changed its budget from ${budget} to ${inner.budget}`, { layer });
      }
      guard.ranks(view, evicted, plan, layer);
    },
    state: () =>
      guard.state(
        'state()',
        { layer },
        guard.run('state()', { layer }, () => inner.state()),
      ),
    restore: (state) => guard.run('restore()', { layer }, () => inner.restore(state)),
  };
}

/** What stands in `evicted` until the policy writes there. */
const UNSET = -(2 ** 31);

/** The checks of one module. */
class Guard {
  private readonly module: string;

  constructor(module: string) {
    this.module = module;
  }

  /** An error that names the module, and where it went wrong. */
  blame(what: string, where: Where, cause?: unknown): TreekvError {
    const place = Object.entries({ layer: where.layer, head: where.head })
      .filter(([, number]) => number !== undefined)
      .map(([name, number]) => `${name} ${number}`);
    const message = `The policy module ${this.module} ${what}${place.length === 0 ? '' : ` (${place.join(', ')})`}. Mend the module.`;
    const details = { module: this.module, ...where };
    return new TreekvError('BAD_POLICY', message, details, cause === undefined ? undefined : { cause });
  }

  /** Calls into the module; what it throws is blamed on it, except errors that it took from treekv itself. */
  run<Answer>(call: string, where: Where, action: () => Answer): Answer {
    try {
      return action();
    } catch (error) {
      if (error instanceof TreekvError) throw error;
      const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw this.blame(`failed in ${call}: ${words}`, where, error);
    }
  }

  plan(value: unknown): CachePlan {
    const fault = faultOfPlan(value);
    if (fault !== undefined) throw this.blame(`gave from plan() no plan: ${fault}`, {});
    return value as CachePlan;
  }

  /** Throws unless the ranks are set, within the step, ascending, and neither sinks nor recent entries. */
  ranks(view: StepView, evicted: Int32Array, { sinks, recent }: CachePlan, layer: number): void {
    const each = evicted.length / view.heads;
    const total = view.before + view.added;
    const last = total - recent;
    for (let i = 0; i < evicted.length; i++) {
      const rank = evicted[i];
      const earlier = i % each === 0 ? -1 : evicted[i - 1];
      // Within all bounds: the one comparison that a sound policy costs.
      if (rank > earlier && rank >= sinks && rank < last) continue;
      const where = { layer, head: Math.floor(i / each), rank };
      if (rank === UNSET) {
        const named = i % each;
        throw this.blame(`named ${named} ranks that leave in step(), where ${each} must`, {
          ...where,
          rank: named,
        });
      }
      const range = `0 .. ${total - 1}`;
      if (rank < 0 || rank >= total)
        throw this.blame(`let rank ${rank} leave, which is not in ${range}`, where);
      if (rank === earlier) throw this.blame(`let rank ${rank} leave twice`, where);
      if (rank < earlier) throw this.blame(`named rank ${rank} after ${earlier}; ranks must ascend`, where);
      const kept = rank < sinks ? `one of the ${sinks} sinks` : `one of the ${recent} recent entries`;
      throw this.blame(`let rank ${rank} leave, ${kept} that its own plan protects`, where);
    }
  }

  state(call: string, where: Where, value: unknown): PolicyState {
    if (!isRecord(value) || isPromise(value))
      throw this.blame(`gave no object of arrays from ${call}`, where);
    for (const [name, column] of Object.entries(value)) {
      const known =
        column instanceof Float64Array || column instanceof Int32Array || column instanceof Uint32Array;
      if (!known) {
        throw this.blame(
          `gave a state from ${call} whose '${name}' is no Float64Array, Int32Array or Uint32Array`,
          where,
        );
      }
    }
    return value as PolicyState;
  }

  card(value: unknown): ReturnType<NonNullable<PolicyDefinition['card']>> {
    for (const name of ['score', 'sharing', 'group']) {
      if (isRecord(value) && typeof value[name] === 'string') continue;
      throw this.blame(`gave a card whose '${name}' is no text`, {});
    }
    return value as ReturnType<NonNullable<PolicyDefinition['card']>>;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
