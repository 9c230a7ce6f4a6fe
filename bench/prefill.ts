// What does a long prompt cost? In mode `chunked`, prompts of about 5k, 20k and 100k tokens, each in a process of
// its own: time a token must not grow, and the peak of resident memory of the longest may exceed the shortest's by
// 30 MiB. In mode `full`, what the scoring of queries adds to a prompt of 4096 tokens: nobody's, a last window's,
// all; the methods take turns in one process, chunk by chunk. `--model FOLDER` for another model than the embedded one in the
// second part, `--part memory` or `--part scoring` for one of the two.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { packageRoot } from '../src/core/index.ts';
import { createOrtEngine, type Engine, type KvStore } from '../src/engine/index.ts';
import { compressPrompt, load, readPrompt } from '../src/generation/index.ts';
import { preparePacked } from '../src/model/weightsCache.ts';
import { findPolicy, planCache } from '../src/policies/index.ts';
import { planPrefill, scoredQueries } from '../src/prefill/index.ts';
import { median } from './alternate.ts';
import { randomTokens } from './reader.ts';
import { Report } from './table.ts';

const MEBIBYTE = 2 ** 20;
const BUDGET = 1024;
const LENGTHS = [5000, 20_000, 100_000];
const MEMORY_LIMIT = 30;
const PROMPT = 4096;
/** What scoring may add, as a share of the time of a prompt that nobody scores. */
const WINDOW_LIMIT = 0.03;
const ALL_LIMIT = 0.15;

interface Figures {
  readonly tokens: number;
  readonly milliseconds: number;
  readonly cacheBytes: number;
  readonly peakRssBytes: number;
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    part: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
    child: { type: 'string' },
  },
});
if (values.child !== undefined) {
  process.stdout.write(JSON.stringify(await readChunked(Number(values.child))));
} else {
  const report = new Report('Prefill');
  if (values.part !== 'scoring') await memory(report);
  if (values.part !== 'memory') await scoring(report);
  await report.save(values.json);
}

async function memory(report: Report): Promise<void> {
  const all: Figures[] = [];
  for (const length of LENGTHS) {
    const child = [fileURLToPath(import.meta.url), '--child', String(length)];
    const { stdout } = await promisify(execFile)(process.execPath, child);
    all.push(JSON.parse(stdout) as Figures);
  }
  report.table(
    `Mode chunked, budget ${BUDGET}, the embedded model`,
    ['tokens', 'ms a token', 'cache, MiB', 'peak resident, MiB'],
    all.map(({ tokens, milliseconds, cacheBytes, peakRssBytes }) => [
      ...[tokens, milliseconds / tokens, cacheBytes / MEBIBYTE, peakRssBytes / MEBIBYTE],
    ]),
  );
  const more = ((all.at(-1)?.peakRssBytes ?? 0) - all[0].peakRssBytes) / MEBIBYTE;
  verdict(report, more, MEMORY_LIMIT, 'MiB more for the longest prompt than for the shortest');
}

/** Reads the sample, repeated to about `length` tokens, into a session. */
async function readChunked(length: number): Promise<Figures> {
  const sample = await readFile(join(packageRoot(), 'assets', 'sample.txt'), 'utf8');
  // The sample has 16,000 tokens.
  const characters = Math.round((length * sample.length) / 16_000);
  const text = sample.repeat(Math.ceil(characters / sample.length)).slice(0, characters);
  const model = await load(undefined, { cache: { budget: BUDGET } });
  const session = await model.session();
  const started = performance.now();
  const { tokensSeen, cacheBytes, peakRssBytes } = await session.append(text);
  const milliseconds = performance.now() - started;
  await model.dispose();
  return { tokens: tokensSeen, milliseconds, cacheBytes, peakRssBytes };
}

async function scoring(report: Report): Promise<void> {
  const folder = values.model ?? join(packageRoot(), 'models', 'books-27m-4k');
  const weights = await preparePacked(folder, undefined);
  const engine = await createOrtEngine(weights);
  const ids = randomTokens(engine.config.vocabSize, PROMPT, 1);
  const methods = ['streaming-llm', 'treekv', 'snapkv', 'tova', 'h2o'];
  const rounds: Reading[][] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const takeTurn = turnstile();
    // Who goes first pays for the memory that each longer chunk needs anew; so one reading more does, uncounted.
    const [, ...counted] = await Promise.all(
      [methods[0], ...methods].map((method) => readOne(engine, takeTurn, ids, method)),
    );
    rounds.push(counted);
  }
  const found = methods.map((method, i) => {
    const readings = rounds.map((round) => round[i]);
    const [{ queries, chunks }] = readings;
    // Chunk by chunk, so that a second in which the machine did something else is nobody's.
    const milliseconds = chunks.reduce((sum, _, k) => sum + median(readings.map((one) => one.chunks[k])), 0);
    return { method, queries, milliseconds, compress: median(readings.map((one) => one.compress)) };
  });
  const more = ({ milliseconds }: (typeof found)[number]): number => milliseconds / found[0].milliseconds - 1;
  report.table(
    `Mode full, ${PROMPT} tokens to a budget of ${BUDGET}, ${weights.dtype}, chunks in turn, ${rounds.length} rounds`,
    ['method', 'queries scored', 'ms', 'of it to compress', 'more time than unscored'],
    found.map((one) => [
      ...[one.method, one.queries, one.milliseconds, one.compress, `${(100 * more(one)).toFixed(1)} %`],
    ]),
  );
  for (const one of found.slice(1)) {
    const limit = one.method === 'h2o' ? ALL_LIMIT : WINDOW_LIMIT;
    verdict(report, more(one), limit, `more time for ${one.method}, as a share`);
  }
  await engine.dispose();
}

interface Reading {
  readonly queries: number;
  /** Milliseconds of each chunk, the last with what compresses. */
  readonly chunks: readonly number[];
  /** Milliseconds. */
  readonly compress: number;
}

/**
 * Hands one turn around in the order asked for. Prompts take half a minute, in which a machine's speed changes by
 * more than what is to be measured; so the methods take turns chunk by chunk, and all meet the same second.
 */
function turnstile(): TakeTurn {
  let tail = Promise.resolve();
  return () => {
    let leave = (): void => undefined;
    const turn = tail.then(() => leave);
    tail = new Promise((resolve) => {
      leave = resolve;
    });
    return turn;
  };
}

/** Resolves when the turn has come, to what gives it up. */
type TakeTurn = () => Promise<() => void>;

/** One prompt, read and compressed, in turn with the others: everything from a chunk's step to the next one's counts. */
async function readOne(
  engine: Engine,
  takeTurn: TakeTurn,
  ids: Int32Array,
  method: string,
): Promise<Reading> {
  const policy = method === 'snapkv' ? 'h2o' : method;
  const definition = await findPolicy(policy);
  const plan = await planCache({ policy, budget: BUDGET });
  const prefill = planPrefill({ mode: 'full', method }, plan);
  if (prefill.mode !== 'full') throw new Error(`${method} does not compress`);
  const queries = scoredQueries(prefill, ids.length);

  const chunks: number[] = [];
  let started = 0;
  let leave: (() => void) | undefined;
  const giveUp = (): void => {
    if (leave === undefined) return;
    chunks.push(performance.now() - started);
    leave();
  };
  const waiting = (store: KvStore): KvStore => {
    const step = store.step.bind(store);
    store.step = async (request) => {
      giveUp();
      leave = await takeTurn();
      started = performance.now();
      return step(request);
    };
    return store;
  };
  const taking: Engine = {
    config: engine.config,
    open: (rows, capacity) => waiting(engine.open(rows, capacity)),
    capabilities: engine.capabilities,
    dispose: () => engine.dispose(),
  };
  const reading = await readPrompt(taking, ids, undefined, { plan, windows: [queries] });
  const compressing = performance.now();
  const compressed = await compressPrompt(taking, reading, prefill, plan, definition);
  const compress = performance.now() - compressing;
  giveUp();
  compressed.batch.dispose();
  reading.batch.dispose();
  return { queries, chunks, compress };
}

function verdict(report: Report, found: number, limit: number, what: string): void {
  const word = found <= limit ? 'met' : 'NOT MET';
  report.note(`${found.toFixed(3)} ${what}; at most ${limit}: ${word}.`);
  if (found > limit) process.exitCode = 1;
}
