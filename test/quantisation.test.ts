// What quantisation costs in perplexity, and that the embedded model is what our own code makes of the trained
// checkpoint. It reads the project's model and books from ../shared and skips itself where they are absent.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dtype, load } from 'treekv';
import { describe, expect, it } from 'vitest';
import { packModel } from '../src/model/index.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';

const root = join(import.meta.dirname, '..');
const shared = join(root, '..', 'shared');
const checkpoint = join(shared, 'models', 'books-27m-4k');
const books = ['5770', '2544', '9931'].map((name) => join(shared, 'data', 'pg19_test', `${name}.txt`));
const TOKENS = 2048;

const absent = [checkpoint, ...books].find((path) => !existsSync(path));
if (absent !== undefined && process.env.CI) throw new Error(`${absent} is absent, and CI must have it`);
const title = absent === undefined ? 'books-27m-4k' : `books-27m-4k (skipped: ${absent} is absent)`;

describe.skipIf(absent !== undefined)(title, () => {
  const place = useTemporaryCache();
  const measured = new Map<Dtype, Promise<number>>();

  /** exp of the mean over books of their mean negative log-likelihoods, full attention, in chunks. */
  function perplexity(dtype: Dtype): Promise<number> {
    const known = measured.get(dtype) ?? measure(dtype);
    measured.set(dtype, known);
    return known;
  }

  async function measure(dtype: Dtype): Promise<number> {
    const model = await load(checkpoint, { dtype });
    try {
      let sum = 0;
      for (const book of books) {
        const text = await readFile(book, 'utf8');
        sum += (await model.perplexity(text, { cache: { policy: 'full' }, limit: TOKENS })).nll;
      }
      return Math.exp(sum / books.length);
    } finally {
      await model.dispose();
    }
  }

  it.each<[Dtype, number]>([
    ['q8', 0.5],
    ['q4', 12],
  ])('%s differs from fp32 by less than %d % in perplexity', async (dtype, most) => {
    const [exact, quantised] = [await perplexity('fp32'), await perplexity(dtype)];
    const percent = 100 * (quantised / exact - 1);
    process.stdout.write(
      `perplexity over ${books.length} books, ${TOKENS} tokens, full attention: ` +
        `fp32 ${exact.toFixed(4)}, ${dtype} ${quantised.toFixed(4)} (${percent.toFixed(2)} %)\n`,
    );
    expect(Math.abs(percent)).toBeLessThan(most);
  });

  it('packed again it is the embedded model byte for byte', async () => {
    const file = join(place.folder, 'packed-again.safetensors');
    await packModel(checkpoint, 'q8', file);
    expect(await sha256(file)).toBe(await sha256(join(root, 'models', 'books-27m-4k', 'model.safetensors')));
  });

  it.each(['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'])(
    'the embedded %s is the checkpoint’s',
    async (name) => {
      const embedded = join(root, 'models', 'books-27m-4k', name);
      expect(await sha256(embedded)).toBe(await sha256(join(checkpoint, name)));
    },
  );
});

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
