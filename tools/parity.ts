// Compares our perplexities with those of an independent program under the same protocol and writes
// results/parity.json: `npm run parity` (about 20 minutes on two quiet cores). Protocol: books-27m-16k in
// fp32, BOS in front, token by token, cache 1024 = 4 + 508 + 512, variant `paper`; per book, then over the 13
// books exp of the mean of the books' means. Agreement is demanded within 0.01 %: a tenth of a per cent
// would not tell TreeKV from random eviction. `--book FILE --limit N` reads one book only; `--policies a,b`;
// `--out FILE`.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluatePerplexity, type PerplexityReport, planPolicies } from '../src/evaluation/index.ts';
import { loadLocalModel } from '../src/generation/index.ts';
import { expectedBook, expectedOverall } from './parityFigures.ts';

const TOLERANCE = 1e-4;
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '../shared/models/books-27m-16k' },
    books: { type: 'string', default: '../shared/data/pg19_test' },
    book: { type: 'string' },
    limit: { type: 'string', default: '8192' },
    policies: { type: 'string', default: 'full,treekv,streaming-llm,h2o,tova' },
    out: { type: 'string', default: 'results/parity.json' },
  },
});

const limit = Number(values.limit);
const contexts = [2048, 4096, 8192].filter((context) => context <= limit);
const books = (await readdir(values.books))
  .filter((name) => name.endsWith('.txt') && (values.book === undefined || name === basename(values.book)))
  .sort();
const model = await loadLocalModel(values.model, { dtype: 'fp32' });
const policies = await planPolicies(values.policies.split(','), {
  budget: 1024,
  sinks: 4,
  recent: 508,
});

let shown = 0;
const report = await evaluatePerplexity(model, {
  documents: await Promise.all(
    books.map(async (name) => ({ name, text: await readFile(join(values.books, name), 'utf8') })),
  ),
  policies,
  reading: { protocol: 'stream', contexts },
  onProgress({ done, total }) {
    if (done / total < shown) return;
    console.log(`${Math.round((100 * done) / total)} %`);
    shown += 0.05;
  },
});
await model.engine.dispose();

const comparisons = compare(report);
await mkdir(dirname(values.out), { recursive: true });
await writeFile(
  values.out,
  `${JSON.stringify({ tolerance: TOLERANCE, comparisons, report }, undefined, 1)}\n`,
);
for (const { what, policy, context, ours, theirs, difference } of comparisons) {
  const verdict = Math.abs(difference) <= TOLERANCE ? 'agrees' : 'DIFFERS';
  console.log(
    `${what} N=${context} ${policy}: ${ours.toFixed(4)} against ${theirs} (${(100 * difference).toFixed(4)} %) ${verdict}`,
  );
}
if (comparisons.length === 0) throw new Error('nothing to compare: no figure for these books and lengths');
if (comparisons.some(({ difference }) => Math.abs(difference) > TOLERANCE)) process.exitCode = 1;

interface Figure {
  readonly policy: string;
  readonly context: number;
  readonly ours: number;
}

interface Comparison {
  readonly what: string;
  readonly policy: string;
  readonly context: number;
  readonly ours: number;
  readonly theirs: number;
  /** ours / theirs - 1 */
  readonly difference: number;
}

function compare({ units, protocol, summary }: PerplexityReport): Comparison[] {
  const found: Comparison[] = [];
  const add = (
    what: string,
    expected: Readonly<Record<number, Readonly<Record<string, number>>>>,
    results: readonly Figure[],
  ): void => {
    for (const { policy, context, ours } of results) {
      const theirs = expected[context]?.[policy];
      if (theirs !== undefined)
        found.push({ what, policy, context, ours, theirs, difference: ours / theirs - 1 });
    }
  };
  for (const { document, policy, means } of units) {
    const figures = means.map(({ column, nll }) => ({ policy, context: column, ours: Math.exp(nll) }));
    add(document, expectedBook[document] ?? {}, figures);
  }
  const overall = summary.means.map(({ policy, column, perplexity }) => ({
    ...{ policy, context: column, ours: perplexity ?? Number.NaN },
  }));
  if (protocol.documents.length === 13) add('13 books', expectedOverall, overall);
  return found;
}
