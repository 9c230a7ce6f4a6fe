// A real pretrained model in the loop: SmolLM2-135M-Instruct as a GGUF file with Q4_1 blocks, which
// TREEKV_TEST_GGUF names (tools/fetchRealModel.sh fetches it). Figures of llama.cpp and of
// transformers over the same 2,000 tokens lie in fixtures/smollm2, made by tools/reference/.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'treekv';
import { describe, expect, it } from 'vitest';
import { createOrtEngine } from '../src/engine/index.ts';
import { type Dtype, modelSource } from '../src/model/index.ts';
import { preparePacked } from '../src/model/weightsCache.ts';
import { type Reading, readAll } from './support/readAll.ts';
import { useTemporaryCache } from './support/temporaryCache.ts';

interface Figures {
  readonly perplexity: number;
  readonly idsSha256: string;
  readonly top1: readonly number[];
  readonly nll: readonly number[];
}

const root = join(import.meta.dirname, '..');
const book = '../shared/data/pg19_test/5770.txt';
const gguf = process.env.TREEKV_TEST_GGUF ?? '';
const missing =
  gguf === ''
    ? 'TREEKV_TEST_GGUF names no file'
    : [gguf, join(root, book)].find((file) => !existsSync(file))?.concat(' is absent');
const title = missing === undefined ? 'SmolLM2-135M-Instruct' : `SmolLM2-135M-Instruct (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(title, () => {
  useTemporaryCache();
  const llamaCpp = figures('llamaCpp.json');
  const dequantised = figures('dequantised.json');

  it('has the tokens of llama.cpp and transformers', async () => {
    const hash = createHash('sha256')
      .update(await tokens())
      .digest('hex');
    expect(hash).toBe(llamaCpp.idsSha256);
    expect(hash).toBe(dequantised.idsSha256);
  });

  it('in fp32 agrees with transformers on the dequantised weights', async () => {
    const { nll, top1 } = await reading('fp32');
    const agreement = share(top1, dequantised.top1);
    const worst = Math.max(...nll.map((value, i) => Math.abs(value - dequantised.nll[i])));
    say(
      `fp32 and transformers: same top-1 for ${percent(agreement)}, perplexity ${perplexity(nll).toFixed(4)} and ` +
        `${dequantised.perplexity.toFixed(4)}, largest difference of a likelihood ${worst.toExponential(1)}`,
    );
    expect(agreement).toBeGreaterThanOrEqual(0.995);
    expect(worst).toBeLessThan(1e-2);
  });

  it('in q8 has the perplexity of llama.cpp within 1 %', async () => {
    const { nll, top1 } = await reading('q8');
    const ratio = perplexity(nll) / llamaCpp.perplexity;
    say(
      `q8 and llama.cpp: perplexity ${perplexity(nll).toFixed(4)} and ${llamaCpp.perplexity.toFixed(4)}, same ` +
        `top-1 for ${percent(share(top1, llamaCpp.top1))}`,
    );
    expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
  });

  // Not in q8: with activations rounded to 8 bits this model answers "L'Étoile, ...", here and in llama.cpp.
  it('answers a question through its chat template', async () => {
    await using model = await load(gguf, { dtype: 'fp32' });
    await using chat = await model.chat();
    const answer = await chat
      .send('What is the capital of France?', { do_sample: false, max_new_tokens: 40 })
      .text();
    say(`Asked for the capital of France: ${answer}`);
    expect(answer).toMatch(/Paris/);
  });
});

/** Figures belong into the output of a run, passed or failed. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function figures(name: string): Figures {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'smollm2', name), 'utf8')) as Figures;
}

async function tokens(): Promise<Int32Array> {
  const text = readFileSync(join(root, book), 'utf8').slice(0, 32_000);
  return (await modelSource(gguf).openTokenizer()).encode(text).slice(0, 2000);
}

async function reading(dtype: Dtype): Promise<Reading> {
  const engine = await createOrtEngine(await preparePacked(gguf, dtype), { threads: 2 });
  try {
    return await readAll(engine, await tokens());
  } finally {
    await engine.dispose();
  }
}

function perplexity(nll: Float64Array): number {
  return Math.exp(nll.reduce((sum, value) => sum + value, 0) / nll.length);
}

function share(actual: ArrayLike<number>, expected: readonly number[]): number {
  return expected.filter((id, i) => id === actual[i]).length / expected.length;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}
