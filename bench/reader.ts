// One sequence alone in a batch, as a session has it: reads tokens in chunks, then decodes. The tokens are
// seeded random ones, for what the text says changes no timing; the path is the library's own.
import type { SequenceCache } from '../src/cache/index.ts';
import { Random } from '../src/core/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { Batch } from '../src/generation/batch.ts';
import { nextChunk } from '../src/generation/chunks.ts';
import { openCache } from '../src/generation/heldSequence.ts';
import { type CacheOptions, planCache } from '../src/policies/index.ts';
import type { Parts } from './alternate.ts';

/** Tokens a run once entries are evicted. */
const CHUNK = 64;

/** Seeded random token ids. */
export function randomTokens(vocabSize: number, count: number, seed: number): Int32Array {
  const random = new Random(seed);
  return Int32Array.from({ length: count }, () => Math.trunc(random.next() * vocabSize));
}

/** A new cache for a model, and the plan it follows. */
export async function newCache(engine: Engine, options: CacheOptions): Promise<SequenceCache> {
  return openCache(engine, await planCache(options));
}

/** A sequence that reads and decodes. */
export class Reader {
  readonly batch: Batch;
  readonly cache: SequenceCache;
  private readonly vocabSize: number;
  private readonly next = new Int32Array(1);

  constructor(engine: Engine, cache: SequenceCache, batch = new Batch(engine, 1)) {
    this.vocabSize = engine.config.vocabSize;
    this.cache = cache;
    this.batch = batch;
    this.batch.add(cache);
  }

  /** Reads on until `length` tokens are read, `most` a run once entries are evicted. */
  async readUntil(length: number, most = CHUNK): Promise<void> {
    const ids = randomTokens(this.vocabSize, Math.max(0, length - this.cache.seen), length);
    for (let at = 0; at < ids.length; ) {
      const chunk = nextChunk(this.cache, ids.length - at, most);
      await this.batch.step([{ ids: ids.subarray(at, at + chunk), silent: at + chunk < ids.length }]);
      at += chunk;
    }
  }

  /** Reads the token chosen last, and chooses the next with `choose`. */
  async decode(choose: (logits: Float32Array) => number): Promise<Parts> {
    const { times } = this.batch;
    const { engine, host } = times;
    const { logits } = await this.batch.step([{ ids: this.next }]);
    const stepped = performance.now();
    if (logits[0] !== undefined) this.next[0] = choose(logits[0]);
    const sampling = performance.now() - stepped;
    return { engine: times.engine - engine, host: times.host - host, sampling };
  }
}
