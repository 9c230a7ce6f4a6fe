// Writes assets/sample.txt, the demo's long text: `npm run make:sample [FOLDER]`. The 16k model writes it
// itself, under full attention (temperature 1, nothing cut off, seeded), so that it is ours to ship and as
// long as full attention can follow. Exactly TOKENS tokens when encoded again, BOS included.
import { mkdir, writeFile } from 'node:fs/promises';
import { Random } from '../src/core/index.ts';
import { loadLocalModel, openSequence } from '../src/generation/index.ts';
import { Sampler } from '../src/generation/sampler.ts';
import { planCache } from '../src/policies/index.ts';

const TOKENS = 16_000;
const SEED = 2025;
/** Written beyond TOKENS, since encoding the text again may need fewer tokens than the model took. */
const SPARE = 300;

const folder = process.argv[2] ?? '../shared/models/books-27m-16k';
const model = await loadLocalModel(folder, { dtype: 'fp32' });
const { tokenizer, engine, eosIds } = model;
const { vocabSize } = engine.config;
const plan = await planCache({ policy: 'full' });
const { batch } = await openSequence(engine, plan);

const sampling = {
  do_sample: true,
  temperature: 1,
  top_k: 0,
  top_p: 1,
  min_p: 0,
  repetition_penalty: 1,
};
const sampler = new Sampler(sampling, new Random(SEED), new Uint8Array(vocabSize));
const special = new Set([...eosIds, tokenizer.bosId ?? 0]);
for (let id = 0; id < vocabSize; id++) if (tokenizer.decode([id]) === '') special.add(id);

const written: number[] = [];
let last = tokenizer.bosId ?? 0;
while (written.length < TOKENS + SPARE) {
  const { logits } = await batch.step([{ ids: Int32Array.of(last) }]);
  const row = logits[0];
  if (row === undefined) throw new Error('no logits');
  // The text goes on until it is long enough: the book may not end.
  for (const id of special) row[id] = Number.NEGATIVE_INFINITY;
  last = sampler.next(row);
  written.push(last);
  if (written.length % 500 === 0) console.log(`${written.length} tokens`);
}

// Cut where the text encodes to exactly the tokens wanted.
let cut = TOKENS - 1;
let text = '';
for (;;) {
  text = tokenizer.decode(tokenizer.encode(tokenizer.decode(written)).subarray(0, cut));
  const length = tokenizer.withBos(tokenizer.encode(text)).length;
  if (length === TOKENS && !text.endsWith('\uFFFD')) break;
  cut += length < TOKENS ? 1 : -1;
  if (Math.abs(cut - TOKENS) > SPARE / 2) throw new Error('no cut gives the length wanted; change the seed');
}
await mkdir('assets', { recursive: true });
await writeFile('assets/sample.txt', text);
console.log(`assets/sample.txt: ${TOKENS} tokens, ${text.length} characters, seed ${SEED}`);
await engine.dispose();
