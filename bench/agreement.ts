// Do the fused graph and ours compute the same model? A prompt that fills the cache, then single tokens, are
// read by both. In fp32 the logits must agree to 1e-4 of the largest. In q8 they cannot: activations are
// rounded to 8 bits at every linear layer, so that the last digit of a float32 sum decides whether a value
// rounds up or down. What this does is shown by reading the same prompt with our own engine in chunks of 64;
// the fused graph may differ from us by at most twice what we differ from ourselves.
import { createOrtEngine } from '../src/engine/index.ts';
import { EmbeddingTable, type PackedWeights } from '../src/model/index.ts';
import { fusedGraph } from './fusedGraph.ts';
import { FusedRunner } from './fusedRunner.ts';
import { newCache, Reader, randomTokens } from './reader.ts';
import { openSession } from './session.ts';
import type { Report } from './table.ts';

const STEPS = 16;
const FLOAT_LIMIT = 1e-4;

/** Reads a prompt of `entries` tokens and some single ones in all ways; throws if they are not one model. */
export async function requireAgreement(
  weights: PackedWeights,
  entries: number,
  report: Report,
): Promise<void> {
  const engine = await createOrtEngine(weights);
  const whole = new Reader(engine, await newCache(engine, { policy: 'full' }));
  const chunked = new Reader(engine, await newCache(engine, { policy: 'full' }));
  const embeddings = await EmbeddingTable.open(weights);
  const session = await openSession(fusedGraph(weights), weights);
  const growing = new FusedRunner(session, weights.config, embeddings, entries + STEPS);
  const errors = { chunked: new Errors(), growing: new Errors(), shared: new Errors() };

  const ids = randomTokens(engine.config.vocabSize, entries + STEPS, 1);
  const prompt = ids.subarray(0, entries);
  const expected = await logitsOf(whole, prompt, entries);
  errors.chunked.add(await logitsOf(chunked, prompt, 64), expected);
  errors.growing.add(await growing.step(prompt), expected);
  const shared = growing.fork('shared');
  for (let at = entries; at < ids.length; at++) {
    const one = ids.subarray(at, at + 1);
    const next = await logitsOf(whole, one, 1);
    errors.chunked.add(await logitsOf(chunked, one, 1), next);
    errors.growing.add(await growing.step(one), next);
    errors.shared.add(await shared.step(one), next);
  }
  await growing.dispose();
  await embeddings.close();
  await engine.dispose();

  report.table(
    `Differences from our logits, relative to the largest logit (${weights.dtype})`,
    ['', 'largest', 'root mean square'],
    [
      ['ours, prompt read in chunks of 64', ...errors.chunked.cells()],
      ['fused, growing presents', ...errors.growing.cells()],
      ['fused, shared buffers', ...errors.shared.cells()],
    ],
  );
  const float = weights.dtype === 'fp32';
  for (const [name, found] of Object.entries(errors)) {
    const sound = float ? found.largest <= FLOAT_LIMIT : found.rms <= 2 * errors.chunked.rms;
    if (!sound)
      throw new Error(`the graphs (${name}) differ by ${found.largest}: they are not the same model`);
  }
}

/** Logits after the last token; a copy. */
async function logitsOf(reader: Reader, ids: Int32Array, chunk: number): Promise<Float32Array> {
  let logits: Float32Array | undefined;
  for (let at = 0; at < ids.length; at += chunk) {
    const output = await reader.batch.step([{ ids: ids.subarray(at, at + chunk) }]);
    logits = output.logits[0];
  }
  if (logits === undefined) throw new Error('no token was read');
  return logits.slice();
}

/** Differences over several rows of logits. */
class Errors {
  largest = 0;
  private squares = 0;
  private count = 0;

  get rms(): number {
    return Math.sqrt(this.squares / this.count);
  }

  add(actual: Float32Array, expected: Float32Array): void {
    const scale = expected.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
    for (let i = 0; i < expected.length; i++) {
      const error = Math.abs(actual[i] - expected[i]) / scale;
      // Written so that a NaN counts.
      if (!(error <= this.largest)) this.largest = error;
      this.squares += error * error;
    }
    this.count += expected.length;
  }

  cells(): string[] {
    return [this.largest, this.rms].map((error) => error.toExponential(1));
  }
}
