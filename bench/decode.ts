// What does a token cost after 1k, 4k, 16k and 64k tokens read? Full attention against TreeKV at budget 1024
// (4 sinks + 508 recent + 512 selected), one token at a time, all states in one process and in turn.
//
// Where the time goes: `linear` is a graph of the same weights without attention, run in turn with the rest.
// Our own graph over an empty cache would be no measure of it, since it pays for some 30 operators a layer
// that belong to attention whatever the cache holds. `attention` is the engine's time beyond that: rotary
// embedding, scores, softmax, mass, feeds and outputs. `policy` is the JavaScript around the engine. All four
// are medians over the fastest tenth of the runs, since a difference of disturbed runs says nothing.
//
// All texts are really read, except that of full attention at 64k, which would take long: its cache is
// filled with entries of the 4k state, repeated. A step's time does not depend on their values.
import { Random } from '../src/core/index.ts';
import { createOrtEngine, type InferenceSession, Tensor } from '../src/engine/index.ts';
import { Batch } from '../src/generation/batch.ts';
import { Sampler } from '../src/generation/sampler.ts';
import type { ModelConfig } from '../src/model/index.ts';
import { alternate, type Parts } from './alternate.ts';
import { linearOnly } from './plainGraph.ts';
import { newCache, Reader } from './reader.ts';
import { openSession } from './session.ts';
import { setUp } from './setup.ts';
import { Report } from './table.ts';

const KIBI = 1024;
const lengths = [1, 4, 16, 64].map((kibi) => kibi * KIBI);
const synthetic = 64 * KIBI;
const MEBIBYTE = 2 ** 20;

const setup = await setUp();
const { config, dtype } = setup.weights;
const report = new Report('Decode after a long text');
const engine = await createOrtEngine(setup.weights);
const states: { name: string; length: number; reader: Reader; note: string }[] = [];
for (const length of lengths) {
  const started = performance.now();
  const reader = await fullState(length);
  states.push({ name: 'full', length, reader, note: reading(length, started, length === synthetic) });
}
for (const length of lengths) {
  const started = performance.now();
  const reader = new Reader(engine, await newCache(engine, { policy: 'treekv', budget: 1024 }));
  await reader.readUntil(length);
  states.push({ name: 'treekv', length, reader, note: reading(length, started, false) });
}

const sampler = new Sampler(
  { do_sample: true, temperature: 0.8, top_k: 50, top_p: 0.95, min_p: 0, repetition_penalty: 1 },
  new Random(1),
  new Uint8Array(config.vocabSize),
);
const linear = await openSession(linearOnly(setup.weights), setup.weights);
const timings = await alternate(
  [
    { name: 'linear', run: linearRun(linear, config) },
    ...states.map(({ name, length, reader }) => ({
      name: `${name} ${length / KIBI}k`,
      run: () => reader.decode((logits) => sampler.next(logits)),
    })),
  ],
  { rounds: setup.rounds(10), burst: 12, settle: 3 },
);

const { engine: linearTime } = timings[0].quiet;
const rows = states.map(({ name, length, reader, note }, i) => {
  const { median, best, quiet } = timings[i + 1];
  const cache = reader.batch.bytes / MEBIBYTE;
  const { engine: run, host, sampling } = quiet;
  const split = [linearTime, run - linearTime, host, sampling];
  return [name, `${length / KIBI}k`, median, best, 1000 / median, cache, ...split, note];
});
report.table(
  `One token, ${dtype}, batch 1`,
  ['policy', 'read', 'ms, median', 'ms, best', 'tokens/s', 'cache MiB']
    .concat(['linear', 'attention', 'policy', 'sampling'])
    .concat('how it was read'),
  rows,
);
const time = (name: string, length: number) =>
  timings[1 + states.findIndex((state) => state.name === name && state.length === length)].median;
for (const length of lengths) {
  const ratio = time('full', length) / time('treekv', length);
  report.note(
    `After ${length / KIBI}k tokens a token costs full attention ${ratio.toFixed(2)} times what it costs TreeKV.`,
  );
}
await report.save(setup.json);

function reading(length: number, started: number, made: boolean): string {
  if (made) return 'synthetic entries';
  const seconds = (performance.now() - started) / 1000;
  return `${(length / seconds).toFixed(0)} tokens/s`;
}

async function fullState(length: number): Promise<Reader> {
  const cache = await newCache(engine, { policy: 'full' });
  if (length !== synthetic) {
    const reader = new Reader(engine, cache);
    await reader.readUntil(length);
    return reader;
  }
  const [, { reader: source }] = states;
  const batch = new Batch(engine, 1);
  const capacity = length + KIBI;
  const ranks = Int32Array.from({ length: length * config.kvHeads }, (_, i) => i % length);
  const layers = cache.layers.map(() => ({
    order: { origin: 0, capacity, order: ranks, tokens: ranks },
    policy: {},
  }));
  cache.restore({ seen: length, layers });
  for (const [l, { order }] of cache.layers.entries()) {
    batch.store.grow(l, capacity);
    const { keys, values } = await source.batch.store.read(0, l);
    const slots = source.batch.store.capacity(l);
    const entries = { keys: repeat(keys, slots, capacity), values: repeat(values, slots, capacity) };
    await batch.store.write(0, l, entries, order.positions(cache.plan.positions));
  }
  return new Reader(engine, cache, batch);
}

/** Entries [Hkv, capacity, D], over and over the first 4k of those in [Hkv, slots, D]. */
function repeat(entries: Float32Array, slots: number, capacity: number): Float32Array {
  const { kvHeads, headDim } = config;
  const period = 4 * KIBI;
  const out = new Float32Array(kvHeads * capacity * headDim);
  for (let head = 0; head < kvHeads; head++) {
    for (let slot = 0; slot < capacity; slot += period) {
      const count = Math.min(period, capacity - slot);
      const from = head * slots * headDim;
      out.set(entries.subarray(from, from + count * headDim), (head * capacity + slot) * headDim);
    }
  }
  return out;
}

function linearRun(session: InferenceSession, { hiddenSize }: ModelConfig): () => Promise<Parts> {
  const feeds = {
    x: new Tensor('float32', new Float32Array(hiddenSize).fill(0.01), [1, 1, hiddenSize]),
    pick: new Tensor('int64', BigInt64Array.of(0n), [1]),
  };
  return async () => {
    const started = performance.now();
    await session.run(feeds);
    return { engine: performance.now() - started };
  };
}
