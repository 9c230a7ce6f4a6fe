// How much of a decode step is the policy's and the cache's JavaScript, and where does it go? The figure that
// counts is Batch.times: host / (host + engine), without sampling and text. For the parts, the methods in
// question are wrapped in clocks for a second set of bursts, so that the clocks do not weigh on the first.
import { createOrtEngine, InferenceSession } from '../src/engine/index.ts';
import { alternate, type Parts } from './alternate.ts';
import { newCache, Reader } from './reader.ts';
import { setUp } from './setup.ts';
import { Report } from './table.ts';

const LIMIT = 0.05;

// Its types show the factory only.
const sessionClass = InferenceSession as unknown as { prototype: { run(...args: never[]): unknown } };

const setup = await setUp();
const report = new Report("The host's share of a decode step");
const engine = await createOrtEngine(setup.weights);
const plain = await open();
const clocked = await open();
const spent = new Map<string, number>();
for (const { order, policy } of clocked.cache.layers) {
  clock(order, 'gather', 'gather');
  clock(policy, 'step', 'policy');
  clock(order, 'settle', 'settle');
  clock(order, 'stage', 'stage');
}
clock(clocked.batch.store, 'commit', 'commit');
clock(sessionClass.prototype, 'run', 'run');

const [whole, parts] = await alternate(
  [
    { name: 'step', run: () => plain.decode(() => 1) },
    { name: 'step under clocks', run: () => underClocks(clocked) },
  ],
  { rounds: setup.rounds(24), burst: 24, settle: 3 },
);
const quiet = shares(parts.quiet);
const usual = shares(parts.parts);
report.table(
  `One token at budget 1024, ${setup.weights.dtype}, under clocks: microseconds`,
  ['part', 'median', 'fastest tenth of steps', 'share of it'],
  usual.map(([name, time], i) => [name, time, quiet[i][1], percent(quiet[i][1], parts.quiet)]),
);
judge('all steps', whole.parts);
judge('the fastest tenth', whole.quiet);
await report.save(setup.json);

/** Microseconds by part; together they are the step without sampling. */
function shares({ run, engine: inside, host, sampling: _, ...rest }: Parts): [string, number][] {
  const named = Object.entries(rest);
  const unnamed = host - named.reduce((sum, [, time]) => sum + time, 0);
  const all: [string, number][] = [
    ['ONNX Runtime, its binding included', run],
    ['engine: embedding row, feeds, outputs', inside - run],
    ...named.map(([name, time]): [string, number] => [`host: ${name}`, time]),
    ['host: requests, picks and the rest', unnamed],
  ];
  return all.map(([name, time]) => [name, time * 1000]);
}

function percent(microseconds: number, { engine: inside, host }: Parts): string {
  return `${(microseconds / 10 / (inside + host)).toFixed(2)} %`;
}

function judge(which: string, { engine: inside, host }: Parts): void {
  const share = host / (inside + host);
  const word = share < LIMIT ? 'met' : 'NOT MET';
  const [part, total] = [(1000 * host).toFixed(0), (inside + host).toFixed(2)];
  const found = `${(100 * share).toFixed(2)} % (${part} microseconds of ${total} ms)`;
  report.note(`Host share without clocks, ${which}: ${found}; below ${100 * LIMIT} %: ${word}.`);
  if (share >= LIMIT) process.exitCode = 1;
}

async function open(): Promise<Reader> {
  const reader = new Reader(engine, await newCache(engine, { policy: 'treekv', budget: 1024 }));
  await reader.readUntil(4096);
  return reader;
}

async function underClocks(reader: Reader): Promise<Parts> {
  for (const name of spent.keys()) spent.set(name, 0);
  const step = await reader.decode(() => 1);
  return { ...step, ...Object.fromEntries(spent) };
}

/** Adds the time of each call of a method to `spent`. */
function clock<Key extends string>(
  owner: Record<Key, (...args: never[]) => unknown>,
  method: Key,
  name: string,
): void {
  const original = owner[method];
  spent.set(name, 0);
  owner[method] = function (this: unknown, ...args: never[]): unknown {
    const started = performance.now();
    const add = () => spent.set(name, (spent.get(name) ?? 0) + performance.now() - started);
    const result = original.apply(this, args);
    if (!(result instanceof Promise)) {
      add();
      return result;
    }
    return result.finally(add);
  };
}
