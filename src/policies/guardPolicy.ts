// Policies from modules are other people's code, and what they return decides which entries a model sees. This puts
// a check around everything that such a policy returns or throws, so that its fault is named as its own and never
// becomes a silent other text. Built-in policies promise the same by their tests and run without it.
import { faultOfPlan } from './faultOfPlan.ts';
import { isPromise, isRecord, ModuleFaults, type Where } from './moduleFaults.ts';
import type {
  Asks,
  CacheOptions,
  CachePlan,
  HandOver,
  LayerShape,
  Policy,
  PolicyDefinition,
  PolicyState,
  StepView,
} from './policy.ts';
import { takeRanks } from './takeRanks.ts';

const everyAsks: readonly Asks[] = ['none', 'all', 'last'];

/** The definition with every call checked. @param module its name in errors. */
export function guardPolicy(definition: PolicyDefinition, module: string): PolicyDefinition {
  const faults = new ModuleFaults(module, definition.name);
  const { handOver, card } = definition;
  for (const [name, part] of Object.entries({ handOver, card })) {
    if (part !== undefined && typeof part !== 'function')
      throw faults.blame(`has a ${name} that is no function`);
  }
  return {
    name: definition.name,
    summary: definition.summary,
    plan: (options) =>
      checkedPlan(
        faults,
        options,
        faults.run('plan()', {}, () => definition.plan(options)),
      ),
    create(plan, shape) {
      // A copy: what a module writes into the plan of one layer must not reach the others, nor the checks here.
      const made = faults.run('create()', shape, () => definition.create({ ...plan }, shape));
      return guardedPolicy(faults, made, plan, shape);
    },
    ...(handOver !== undefined && {
      handOver: (plan: CachePlan, left: HandOver) =>
        copiedState(
          faults,
          'handOver()',
          {},
          faults.run('handOver()', {}, () => handOver.call(definition, { ...plan }, left)),
        ),
    }),
    ...(card !== undefined && {
      card: (plan: CachePlan) =>
        checkedCard(
          faults,
          faults.run('card()', {}, () => card.call(definition, { ...plan })),
        ),
    }),
  };
}

/** A layer's policy, whose decisions are checked in one pass over the ranks that leave. */
function guardedPolicy(faults: ModuleFaults, inner: Policy, plan: CachePlan, shape: LayerShape): Policy {
  const where = { layer: shape.layer };
  const budget = plan.budget ?? Infinity;
  for (const name of ['step', 'state', 'restore'] as const) {
    if (typeof inner?.[name] !== 'function') throw faults.blame(`gave from create() no ${name}()`, where);
  }
  const requireBudget = (): void => {
    if (inner.budget === budget) return;
    throw faults.blame(`has a policy of budget ${inner.budget}, but a plan of ${budget}`, where);
  };
  requireBudget();
  // What it is shown is its own, and what it names is copied: neither may reach the cache by a later write.
  const view: { -readonly [Name in keyof StepView]?: StepView[Name] } = {};
  // [heads, stride]
  let tokens = new Int32Array(0);
  // [heads, E] of floats, which hold what is no integer as it is
  let named = new Float64Array(0);
  return {
    budget,
    get asks() {
      const { asks } = inner;
      if (everyAsks.includes(asks)) return asks;
      throw faults.blame(`asks for '${String(asks)}', not for one of ${everyAsks.join(', ')}`, where);
    },
    step(seen, evicted: Int32Array) {
      if (tokens.length !== seen.tokens.length) tokens = new Int32Array(seen.tokens.length);
      tokens.set(seen.tokens);
      if (named.length !== evicted.length) named = new Float64Array(evicted.length);
      named.fill(Number.NaN);
      Object.assign(view, seen);
      view.tokens = tokens;
      let answer: unknown;
      try {
        answer = inner.step(view as StepView, named);
      } catch (error) {
        throw faults.thrown('step()', where, error);
      }
      if (answer !== undefined && isPromise(answer)) {
        throw faults.blame('returned a promise from step(), which must decide at once', where);
      }
      requireBudget();
      takeRanks(faults, { view: seen, named, plan, layer: shape.layer }, evicted);
    },
    state: () =>
      copiedState(
        faults,
        'state()',
        where,
        faults.run('state()', where, () => inner.state()),
      ),
    restore: (state) => {
      const answer: unknown = faults.run('restore()', where, () => inner.restore(copyOf(state)));
      if (isPromise(answer)) throw faults.blame('returned a promise from restore()', where);
    },
  };
}

// Of these a plan says what was decided, so one that was given and stands otherwise in the plan was ignored.
const echoed = [
  'variant',
  'budget',
  'sinks',
  'recent',
  'positions',
  'rule',
  'choice',
  'score',
  'seed',
] as const;

/** The plan, as a copy that can cross threads. Throws BAD_POLICY, or BAD_OPTION for an option that it ignores. */
function checkedPlan(faults: ModuleFaults, options: CacheOptions, value: unknown): CachePlan {
  const fault = faultOfPlan(value);
  if (fault !== undefined) throw faults.blame(`gave from plan() no plan: ${fault}`);
  const plan = faults.run('plan()', {}, () => structuredClone(value)) as CachePlan;
  for (const option of echoed) {
    if (options[option] === undefined || Object.is(options[option], plan[option])) continue;
    const found = plan[option] === undefined ? 'does not have it' : `has ${String(plan[option])}`;
    throw faults.refuse(
      `Cache option '${option}' (${String(options[option])}) has no effect on the ${faults.subject}: its plan ${found}. Leave it out.`,
      { option, value: options[option] },
    );
  }
  return plan;
}

/** A copy of a state that snapshots can hold: a module may go on writing into its own. */
function copiedState(faults: ModuleFaults, call: string, where: Where, value: unknown): PolicyState {
  if (!isRecord(value) || isPromise(value))
    throw faults.blame(`gave no object of arrays from ${call}`, where);
  for (const [name, column] of Object.entries(value)) {
    if (column instanceof Float64Array || column instanceof Int32Array || column instanceof Uint32Array)
      continue;
    const kinds = 'Float64Array, Int32Array or Uint32Array';
    throw faults.blame(`gave a state from ${call} whose '${name}' is no ${kinds}`, where);
  }
  return copyOf(value as PolicyState);
}

function copyOf(state: PolicyState): PolicyState {
  return Object.fromEntries(Object.entries(state).map(([name, column]) => [name, column.slice()]));
}

function checkedCard(
  faults: ModuleFaults,
  value: unknown,
): ReturnType<NonNullable<PolicyDefinition['card']>> {
  for (const name of ['score', 'sharing', 'group']) {
    if (isRecord(value) && typeof value[name] === 'string') continue;
    throw faults.blame(`gave a card whose '${name}' is no text`);
  }
  return value as ReturnType<NonNullable<PolicyDefinition['card']>>;
}
