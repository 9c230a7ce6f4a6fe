// Several caches that read one stream side by side: the same tokens, in the same chunks. Caches of one budget are
// rows of one batch. It can hand out all that a later process needs to go on,
// to the last bit. Where tokens come from and what becomes of likelihoods is not its business.
import type { SequenceCache } from '../../cache/index.ts';
import type { Engine } from '../../engine/index.ts';
import { Batch, type CacheContent, mostScored, nextChunk, openCache } from '../../generation/index.ts';
import type { CachePlan } from '../../policies/index.ts';
import { groupByBudget } from '../groupByBudget.ts';

/** Caches that step together. */
interface Group {
  readonly batch: Batch;
  /** [rows] index of the plan that a row has. */
  readonly members: readonly number[];
}

/** Reads a stream under several caches. */
export class StreamReader {
  /** [plans] negative log-likelihoods of the last step's targets, those of -1 left out. */
  readonly nll: Float32Array[];
  /** [groups] milliseconds that the last step took. */
  readonly milliseconds: number[];
  private readonly caches: readonly SequenceCache[];
  private readonly groups: readonly Group[];
  private readonly chunk: number;
  private readonly fillChunk: number;

  private constructor(engine: Engine, caches: readonly SequenceCache[], chunk: number) {
    const members = groupByBudget([...caches.keys()], (p) => caches[p].plan.budget);
    const widest = Math.max(...members.map(({ length }) => length));
    this.caches = caches;
    this.groups = members.map((rows) => ({ batch: new Batch(engine, rows.length), members: rows }));
    this.chunk = chunk;
    this.fillChunk = Math.max(chunk, mostScored(engine.config.vocabSize, widest));
    this.nll = caches.map(() => new Float32Array(0));
    this.milliseconds = members.map(() => 0);
  }

  /**
   * Begins, or goes on.
   * @param chunk tokens a step once entries are evicted. @param earlier [plans] what `contents()` gave.
   */
  static async open(
    engine: Engine,
    plans: readonly CachePlan[],
    chunk: number,
    earlier?: readonly CacheContent[],
  ): Promise<StreamReader> {
    const caches = await Promise.all(plans.map((plan) => openCache(engine, plan)));
    const reader = new StreamReader(engine, caches, chunk);
    for (const { batch, members } of reader.groups) {
      for (const p of members) {
        if (earlier === undefined) batch.add(caches[p]);
        else {
          caches[p].restore(earlier[p].cache);
          await batch.adopt(caches[p], earlier[p].entries);
        }
      }
    }
    return reader;
  }

  /** Tokens read. */
  get position(): number {
    return this.caches[0].seen;
  }

  /** [groups] bytes allocated for keys, values and slot numbers. */
  get cacheBytes(): number[] {
    return this.groups.map(({ batch }) => batch.bytes);
  }

  /**
   * Tokens of the next step: long while nothing is evicted, then the chunk; where budgets differ, one shorter step
   * at the point where a larger cache becomes full. A function of the position alone, so a resumed run steps alike.
   */
  nextLength(remaining: number): number {
    let length = this.fillChunk;
    for (const cache of this.caches) length = Math.min(length, nextChunk(cache, remaining, this.chunk));
    return length;
  }

  /** Reads tokens in all caches. @param targets the tokens that follow each, -1 for one that is not scored. */
  async step(ids: Int32Array, targets: Int32Array): Promise<void> {
    const input = { ids, targets };
    for (const [g, { batch, members }] of this.groups.entries()) {
      const started = performance.now();
      const { nll } = await batch.step(members.map(() => input));
      this.milliseconds[g] = performance.now() - started;
      for (const [row, p] of members.entries()) this.nll[p] = nll[row] ?? new Float32Array(0);
    }
  }

  /** [plans] all that is needed to go on, copied out. */
  async contents(): Promise<CacheContent[]> {
    const contents: CacheContent[] = new Array(this.caches.length);
    for (const { batch, members } of this.groups) {
      for (const [row, p] of members.entries()) {
        contents[p] = { cache: this.caches[p].state(), entries: await batch.entries(row) };
      }
    }
    return contents;
  }

  dispose(): void {
    for (const { batch } of this.groups) batch.dispose();
  }
}
