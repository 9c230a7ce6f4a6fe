// The calls of `protocol.ts`, carried out beside the model. It knows sessions by number and runs the calls of
// one session one after the other; sessions take turns step by step, because every step yields.
import { TreekvError } from '../core/index.ts';
import type { CachePlan } from '../policies/index.ts';
import { type LocalModel, loadLocalModel } from './localModel.ts';
import { LocalSession } from './localSession.ts';
import type { Calls, Method, ScoredText, ScoreRequest } from './protocol.ts';
import { type ScoreProgress, type ScoreResult, type ScoreRow, score } from './score.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts';

/** What a call may use while it runs. */
export interface CallContext<Name extends Method> {
  readonly signal: AbortSignal;
  readonly tell: (told: Calls[Name]['tells']) => void;
}

type Handlers = {
  readonly [Name in Method]: (
    takes: Calls[Name]['takes'],
    context: CallContext<Name>,
  ) => Promise<Calls[Name]['answers']>;
};

/** Sessions that fit in a batch of `score`, to bound its memory. */
const MOST_ROWS = 64;

/** One model and its sessions. */
export class Runtime implements Handlers {
  private loaded: LocalModel | undefined;
  private readonly sessions = new Map<number, { session: LocalSession; last: Promise<unknown> }>();
  private opened = 0;

  async load({ folder, dtype, threads }: Calls['load']['takes'], { signal, tell }: CallContext<'load'>) {
    this.loaded = await loadLocalModel(folder, {
      ...(dtype !== undefined && { dtype }),
      ...(threads !== undefined && { threads }),
      signal,
      onProgress: tell,
    });
    const { weights, fingerprint } = this.loaded;
    return { folder: this.loaded.folder, dtype: weights.dtype, config: weights.config, fingerprint };
  }

  async open({ plan }: Calls['open']['takes']) {
    return this.keep(await LocalSession.create(this.model, plan));
  }

  async restore({ bytes }: Calls['restore']['takes']) {
    const session = await LocalSession.restore(this.model, decodeSnapshot(bytes, this.model.fingerprint));
    return { session: this.keep(session), plan: session.plan };
  }

  append({ session, text }: Calls['append']['takes'], { signal }: CallContext<'append'>) {
    return this.inTurn(session, (it) => it.append(text, signal));
  }

  generate({ session, plan, prompt }: Calls['generate']['takes'], { signal, tell }: CallContext<'generate'>) {
    return this.inTurn(session, (it) => it.generate(plan, prompt, signal, tell));
  }

  statistics({ session }: Calls['statistics']['takes']) {
    return this.inTurn(session, async (it) => it.statistics());
  }

  fork({ session }: Calls['fork']['takes']) {
    return this.inTurn(session, async (it) => this.keep(await LocalSession.restore(this.model, it.state())));
  }

  snapshot({ session }: Calls['snapshot']['takes']) {
    return this.inTurn(session, async (it) => encodeSnapshot(it.state(), this.model.fingerprint));
  }

  async close({ session }: Calls['close']['takes']) {
    const closed = this.inTurn(session, async (it) => it.dispose());
    // At once, so that a call made after this one finds no session instead of one without its cache.
    this.sessions.delete(session);
    await closed;
    return undefined;
  }

  async score(request: ScoreRequest, { signal, tell }: CallContext<'score'>) {
    const { tokenizer, engine } = this.model;
    const texts = request.texts.map((text, index) => {
      const ids = tokenizer.encode(text);
      const all = tokenizer.withBos(ids);
      const available = all.length - 1;
      if (available < 1) {
        throw new TreekvError('EMPTY_INPUT', `Text ${index + 1} has no token to score.`, { text: index });
      }
      const n = Math.min(available, request.limit ?? Infinity);
      return {
        tokens: ids.length,
        bos: all !== ids,
        ids: all.subarray(0, n),
        targets: all.subarray(1, n + 1),
      };
    });
    const rows: ScoreRow[] = texts.flatMap(({ ids, targets }) =>
      request.plans.map((plan) => ({ ids, targets, plan })),
    );
    const results: ScoreResult[] = new Array(rows.length);
    const total = rows.reduce((sum, { ids }) => sum + ids.length, 0);
    const sums = new Array<number>(rows.length).fill(0);
    const counts = new Array<number>(rows.length).fill(0);
    const rowBytes = new Array<number>(rows.length).fill(0);
    const times = { engine: 0, host: 0, steps: 0 };
    let done = 0;
    let cacheBytes = 0;
    for (const group of groupRows(rows)) {
      const onProgress = (progress: ScoreProgress): void => {
        for (const [i, row] of group.entries()) {
          sums[row] = progress.sums[i];
          counts[row] = progress.counts[i];
          rowBytes[row] = progress.rowBytes[i];
        }
        tell({ ...progress, done: done + progress.done, total, sums, counts, rowBytes });
      };
      const scored = await score(
        engine,
        group.map((row) => rows[row]),
        { chunk: request.chunk, signal, onProgress },
      );
      for (const [i, row] of group.entries()) {
        results[row] = scored.results[i];
        done += rows[row].ids.length;
      }
      times.engine += scored.times.engine;
      times.host += scored.times.host;
      times.steps += scored.times.steps;
      cacheBytes = Math.max(cacheBytes, scored.cacheBytes);
    }
    const perText = request.plans.length;
    const answers: ScoredText[] = texts.map(({ tokens, bos }, i) => ({
      tokens,
      bos,
      results: results.slice(i * perText, (i + 1) * perText),
    }));
    return { texts: answers, times, cacheBytes };
  }

  async dispose(): Promise<void> {
    await this.loaded?.engine.dispose();
  }

  private get model(): LocalModel {
    if (this.loaded === undefined) throw new Error('no model is loaded');
    return this.loaded;
  }

  private keep(session: LocalSession): number {
    this.opened++;
    this.sessions.set(this.opened, { session, last: Promise.resolve() });
    return this.opened;
  }

  /** Runs a call of a session once its earlier calls have ended, however they ended. */
  private inTurn<Answer>(number: number, call: (session: LocalSession) => Promise<Answer>): Promise<Answer> {
    const entry = this.sessions.get(number);
    if (entry === undefined) {
      throw new TreekvError('DISPOSED', 'The session was disposed; open another with model.session().');
    }
    const answer = entry.last.then(() => call(entry.session));
    entry.last = answer.catch(() => undefined);
    return answer;
  }
}

/**
 * Rows that step together: those with equal budgets, because a batch has one number of slots. A full cache
 * goes alone: it evicts nothing, so it is as fast in long chunks, and its slots would burden the others.
 */
function groupRows(rows: readonly ScoreRow[]): number[][] {
  const groups: number[][] = [];
  const open = new Map<CachePlan['budget'], number[]>();
  for (const [row, { plan }] of rows.entries()) {
    let group = plan.budget === null ? undefined : open.get(plan.budget);
    if (group === undefined || group.length === MOST_ROWS) {
      group = [];
      groups.push(group);
      open.set(plan.budget, group);
    }
    group.push(row);
  }
  return groups;
}
