// A replay comes to the sets that were kept, after every chunk, for every policy and for one that a user wrote; and
// TreeKV's trace is one bit a decision.
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CacheOptions, findPolicy, type PolicyDefinition, policies } from '../../policies/index.ts';
import { softmaxLike, tied } from '../../policies/simulate.testing.ts';
import { replayTrace } from './replayTrace.ts';
import { oneByOne, takeTrace } from './takeTrace.testing.ts';
import type { Trace } from './trace.ts';
import { decodeTraces, encodeTraces } from './traceFile.ts';

const module = join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'everyKth.mjs');
const forms: readonly CacheOptions[] = [
  ...[...policies.keys()].filter((policy) => policy !== 'full').map((policy) => ({ policy })),
  { policy: 'h2o', variant: 'official' },
  { policy: 'tova', variant: 'official' },
  { policy: 'streaming-llm', variant: 'official', sinks: 1 },
  { policy: 'treekv', rule: 'printed' },
  { policy: 'treekv', choice: 'keep-left' },
  { policy: 'treekv', choice: 'keep-right', rule: 'printed' },
  { policy: 'random', seed: 7 },
  { policy: module },
];
const chunks = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
const attention = fc.oneof(
  fc.nat(1e6).map((seed) => (layer: number) => softmaxLike(seed + layer)),
  fc.nat(1e6).map((seed) => (layer: number) => tied(seed + layer, 3)),
);
const split = fc.record({
  sinks: fc.integer({ min: 0, max: 3 }),
  recent: fc.integer({ min: 0, max: 4 }),
  selected: fc.integer({ min: 1, max: 9 }),
});

/** What a replay holds after each of the given numbers of tokens. */
function heldAfter(trace: Trace, lengths: readonly number[]): number[][][] {
  const held: number[][][] = [];
  replayTrace(trace, (token, layers) => {
    if (!lengths.includes(token + 1)) return;
    held.push(
      layers.map(({ heads, count, stride, tokens }) =>
        Array.from({ length: heads }, (_, head) => [
          ...tokens.subarray(head * stride, head * stride + count),
        ]).flat(),
      ),
    );
  });
  return held;
}

test.each(forms.map((form) => ({ form, title: Object.values(form).join(' ').replace(module, 'a module') })))(
  '$title: a trace, written and read back, replays to what was kept after every chunk',
  async ({ form }) => {
    const definition = await findPolicy(form.policy ?? '');
    fc.assert(
      fc.property(chunks, attention, split, (lengths, someAttention, { sinks, recent, selected }) => {
        const budget = sinks + recent + selected;
        const options =
          form.variant === 'official' ? { ...form, budget: budget + 2 } : { ...form, budget, sinks, recent };
        const scenario = { definition, options, layers: 2, heads: 3, attention: someAttention };
        const { trace, kept } = takeTrace(scenario, lengths);
        const [read] = decodeTraces(encodeTraces({ about: null, traces: [trace] }), 'the trace').traces;
        expect(read).toEqual(trace);
        let sum = 0;
        const ends = lengths.map((length) => (sum += length));
        expect(heldAfter(read, ends)).toEqual(kept.map(({ layers }) => layers.map((row) => [...row])));
        expect(replayTrace(read)).toEqual(kept.at(-1));
      }),
      { numRuns: 30 },
    );
  },
);

test('full keeps everything and decides nothing', () => {
  const { trace } = takeTrace({ definition: definitionOf('full') }, [3, 4]);
  expect(trace.layers).toEqual([{ kind: 'none', budget: null, decisions: new Uint32Array(0) }]);
  expect([...replayTrace(trace).layers[0]]).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('TreeKV needs one bit a head, layer and token; a forced choice needs none; others name a place', () => {
  const bytes = (policy: string, extra: CacheOptions = {}): number => {
    const options = { budget: 8, sinks: 0, recent: 0, ...extra };
    const { trace } = takeTrace(
      { definition: definitionOf(policy), options, layers: 2, heads: 3 },
      oneByOne(88),
    );
    const file = encodeTraces({ about: null, traces: [trace] });
    const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
    return file.length - 8 - headerLength;
  };
  expect(bytes('treekv')).toBe((2 * 3 * 80) / 8);
  expect(bytes('treekv', { choice: 'keep-left' })).toBe(0);
  expect(bytes('random')).toBe(0);
  expect(bytes('h2o')).toBe(2 * 3 * 80 * 2);
});

test('a trace that comes to other tokens than were kept is BAD_FILE', () => {
  const options = { budget: 4, sinks: 0, recent: 0 };
  const { trace } = takeTrace({ definition: definitionOf('h2o'), options }, oneByOne(9));
  const decisions = trace.layers[0].decisions.slice();
  decisions[4] = (decisions[4] + 1) % 5;
  const changed = { ...trace, layers: [{ ...trace.layers[0], decisions }] };
  expect(() => replayTrace(changed)).toThrow(/'any name' over 9 tokens does not replay/);
});

function definitionOf(name: string): PolicyDefinition {
  const definition = policies.get(name);
  if (definition === undefined) throw new Error(`no policy ${name}`);
  return definition;
}
