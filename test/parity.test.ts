// Parity with an independent program: one book of the 13 at 2048 tokens, which CI can afford.
// `npm run parity` does the rest and says what the protocol is.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { evaluatePerplexity, planPolicies } from '../src/evaluation/index.ts';
import { loadLocalModel } from '../src/generation/index.ts';
import { expectedBook } from '../tools/parityFigures.ts';

const folder = '../shared/models/books-27m-16k';
const book = '../shared/data/pg19_test/5770.txt';
const absent = !existsSync(folder) || !existsSync(book);

describe.skipIf(absent)(
  `parity with an independent program${absent ? ': ../shared is not here' : ''}`,
  () => {
    it('gives its perplexities within 0.01 % for 5770.txt at 2048 tokens', async () => {
      const expected = expectedBook['5770.txt'][2048];
      const model = await loadLocalModel(folder, { dtype: 'fp32' });
      try {
        const { summary } = await evaluatePerplexity(model, {
          documents: [{ name: '5770.txt', text: await readFile(book, 'utf8') }],
          policies: await planPolicies(Object.keys(expected), { budget: 1024, sinks: 4, recent: 508 }),
          reading: { protocol: 'stream', contexts: [2048] },
        });
        for (const { policy, perplexity } of summary.means) {
          expect(Math.abs((perplexity ?? 0) / expected[policy] - 1), `${policy}: ${perplexity}`).toBeLessThan(
            1e-4,
          );
        }
        expect(summary.means).toHaveLength(Object.keys(expected).length);
      } finally {
        await model.engine.dispose();
      }
    });
  },
);
