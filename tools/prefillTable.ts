// How well does a compressed prompt predict what follows it? Reads the first 15,000 tokens of each PG-19 book under
// every prefill method and mode, and scores the next 512. Writes the results after each book, so that a run that
// was cut off goes on where it was; prints the tables. `--block` compares TreeKV's block sizes instead.
//
//   npm run --silent build:tools && node build/tools/prefillTable.js --output results/prefill.json
//
// Options: --model FOLDER, --texts FOLDER, --dtype TYPE, --prompt N, --scored N, --books N (the first N only).
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  decodesAfter,
  type PrefillCase,
  type PrefillResult,
  prefillPerplexity,
  prefillTables,
} from '../src/evaluation/index.ts';
import { loadLocalModel, peakRssBytes } from '../src/generation/index.ts';
import type { Dtype } from '../src/model/index.ts';
import { type CacheOptions, planCache } from '../src/policies/index.ts';
import { type PrefillOptions, planPrefill, prefillCard } from '../src/prefill/index.ts';

interface Book {
  readonly name: string;
  readonly tokens: number;
  readonly results: readonly PrefillResult[];
  readonly seconds: number;
  /** Of the process so far. */
  readonly peakRssBytes: number;
}

interface Results {
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly books: readonly Book[];
}

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '../shared/models/books-27m-16k' },
    texts: { type: 'string', default: '../shared/data/pg19_test' },
    dtype: { type: 'string', default: 'fp32' },
    prompt: { type: 'string', default: '15000' },
    scored: { type: 'string', default: '512' },
    books: { type: 'string', default: '1000' },
    block: { type: 'boolean', default: false },
    output: { type: 'string' },
  },
});
if (values.output === undefined) throw new Error('say where the results go: --output FILE');
const output = values.output;
const prompt = Number(values.prompt);
const scored = Number(values.scored);
const cases = values.block ? await blockCases() : await methodCases();
const model = await loadLocalModel(values.model, { dtype: values.dtype as Dtype });
const protocol = {
  model: model.fingerprint,
  dtype: values.dtype,
  prompt: `the first ${prompt} tokens of each text, BOS included`,
  scored: `${scored} tokens one by one; the token right behind the prompt is read and not scored`,
  query: 'agnostic: what is scored comes after the compressed prompt',
  decode: `the policy of the method's name at the same budget; ${JSON.stringify(decodesAfter)} for methods that are none`,
  mean: 'per text over its tokens, then over texts; float64',
  cases: cases.map(({ name, prefill, cache }) => ({ name, card: prefillCard(prefill), cache })),
};
const books: Book[] = [...(await earlier())];
const tooShort: string[] = [];
const names = (await readdir(values.texts)).filter((name) => name.endsWith('.txt')).sort();
for (const name of names) {
  if (books.length >= Number(values.books)) break;
  if (books.some((book) => book.name === name)) continue;
  const text = await readFile(join(values.texts, name), 'utf8');
  const ids = model.tokenizer.withBos(model.tokenizer.encode(text));
  if (ids.length < prompt + scored + 1) {
    tooShort.push(`${name} (${ids.length} tokens)`);
    continue;
  }
  const started = performance.now();
  const onProgress = (what: string) =>
    console.error(`${name} ${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${what}`);
  const results = await prefillPerplexity(model, { ids, prompt, scored, cases, onProgress });
  const seconds = (performance.now() - started) / 1000;
  books.push({ name, tokens: ids.length, results, seconds, peakRssBytes: peakRssBytes() });
  await save({ protocol, books });
}
await model.engine.dispose();
if (tooShort.length > 0) console.log(`Too short, left out: ${tooShort.join(', ')}.\n`);
console.log(
  prefillTables(
    cases,
    books.map(({ results }) => results),
  ),
);

async function methodCases(): Promise<PrefillCase[]> {
  const made: PrefillCase[] = [await caseOf({ mode: 'full' }, { policy: 'full' })];
  for (const method of ['treekv', 'streaming-llm', 'snapkv', 'pyramidkv', 'h2o', 'tova']) {
    const policy = decodesAfter[method] ?? method;
    const swept = method === 'treekv' || method === 'streaming-llm';
    for (const budget of swept ? [512, 1024, 2048, 4096] : [512, 2048]) {
      made.push(await caseOf({ mode: 'full', method }, { policy, budget }));
      if (policy === method) made.push(await caseOf({ mode: 'chunked' }, { policy, budget }));
    }
  }
  return made;
}

async function blockCases(): Promise<PrefillCase[]> {
  const made: PrefillCase[] = [];
  for (const budget of [512, 2048]) {
    for (const block of [1, 2, 4, 8, 16, 32, 64]) {
      made.push(await caseOf({ mode: 'full', method: 'treekv', block }, { policy: 'treekv', budget }));
    }
  }
  return made;
}

async function caseOf(options: PrefillOptions, cacheOptions: CacheOptions): Promise<PrefillCase> {
  const cache = await planCache(cacheOptions);
  const prefill = planPrefill(options, cache);
  const { mode, method = cache.policy, block } = options;
  const name = [mode, method, cache.budget ?? 'all', ...(block === undefined ? [] : [`b=${block}`])].join(
    ' ',
  );
  return { name, prefill, cache };
}

/** The books of an earlier run under the same protocol. */
async function earlier(): Promise<readonly Book[]> {
  if (!existsSync(output)) return [];
  const found = JSON.parse(await readFile(output, 'utf8')) as Results;
  if (JSON.stringify(found.protocol) === JSON.stringify(protocol)) return found.books;
  throw new Error(`${output} holds results of another protocol; move it away, or name another file`);
}

/** Whole or not at all. */
async function save(results: Results): Promise<void> {
  await writeFile(`${output}.new`, `${JSON.stringify(results, null, 1)}\n`);
  await rename(`${output}.new`, output);
}
