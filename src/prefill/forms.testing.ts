// Test support, not published: every form of every prefill method that compresses, and every decode policy that
// it may hand over to, at a budget that fits them all.
import fc from 'fast-check';
import { type CacheOptions, type CachePlan, policies } from '../policies/index.ts';
import type { FullPrefillPlan, PrefillOptions } from './prefillMethod.ts';
import { planPrefill } from './registry.ts';

/** A split that is planned under every form. */
export interface Split {
  readonly budget: number;
  readonly sinks: number;
  readonly recent: number;
}

/** Splits with at least 20 entries to choose, so that blocks of 8 and windows of 8 fit. */
export const splits: fc.Arbitrary<Split> = fc
  .record({
    sinks: fc.integer({ min: 0, max: 4 }),
    recent: fc.integer({ min: 0, max: 6 }),
    selected: fc.integer({ min: 20, max: 40 }),
  })
  .map(({ sinks, recent, selected }) => ({ budget: sinks + recent + selected, sinks, recent }));

/** One way to compress a prompt and to decode after it. */
export interface Form {
  readonly title: string;
  readonly prefill: PrefillOptions;
  readonly cache: CacheOptions;
}

const caches: readonly CacheOptions[] = [
  { policy: 'treekv' },
  { policy: 'treekv', rule: 'printed' },
  { policy: 'treekv', score: 'sum' },
  { policy: 'treekv', score: 'last' },
  { policy: 'treekv', choice: 'keep-left' },
  { policy: 'treekv', choice: 'keep-right', rule: 'printed' },
  { policy: 'h2o' },
  { policy: 'h2o', variant: 'official' },
  { policy: 'tova' },
  { policy: 'tova', variant: 'official' },
  { policy: 'streaming-llm' },
  { policy: 'random' },
];
const prefills: readonly PrefillOptions[] = [
  { mode: 'full', method: 'treekv' },
  { mode: 'full', method: 'treekv', block: 1 },
  { mode: 'full', method: 'treekv', block: 3 },
  { mode: 'full', method: 'snapkv', window: 7 },
  { mode: 'full', method: 'snapkv', window: 8, kernel: 3, pooling: 'avg' },
  { mode: 'full', method: 'pyramidkv', window: 7 },
  { mode: 'full', method: 'h2o' },
  { mode: 'full', method: 'tova' },
  { mode: 'full', method: 'streaming-llm' },
];

function formOf(prefill: PrefillOptions, cache: CacheOptions): Form {
  const { mode: _, ...words } = prefill;
  return {
    title: `${Object.values(words).join(' ')}, then ${Object.values(cache).join(' ')}`,
    prefill,
    cache,
  };
}

/** All methods with all policies. */
export const everyPair: readonly Form[] = prefills.flatMap((prefill) =>
  caches.map((cache) => formOf(prefill, cache)),
);

/** All methods in all their own forms: the walk's rules for treekv, the variants for the others. */
export const everyForm: readonly Form[] = prefills.flatMap((prefill) => {
  const own = caches.filter(({ policy, variant }) =>
    prefill.method === 'treekv' ? policy === 'treekv' : policy === 'tova' || (policy === 'h2o' && variant),
  );
  return own.map((cache) => formOf(prefill, cache));
});

/** The plans of a form; an official variant brings its own split. */
export function plansOf(
  { prefill, cache }: Pick<Form, 'prefill' | 'cache'>,
  split: Split,
): { cache: CachePlan; plan: FullPrefillPlan } {
  const options = cache.variant === 'official' ? { ...cache, budget: split.budget } : { ...cache, ...split };
  const definition = policies.get(cache.policy ?? '');
  if (definition === undefined) throw new Error(`no policy ${cache.policy}`);
  const cachePlan = definition.plan(options);
  const plan = planPrefill(prefill, cachePlan);
  if (plan.mode !== 'full') throw new Error('no compression');
  return { cache: cachePlan, plan };
}
