// The calls of `protocol.ts`, carried out beside the model. It knows sessions by number and runs the calls of
// one session one after the other; sessions take turns step by step, because every step yields.
import { type NativeGate, TreekvError } from '../core/index.ts';
import { type LocalModel, loadLocalModel } from './localModel.ts';
import { LocalSession } from './localSession.ts';
import type { Calls, Method, ScoreRequest } from './protocol.ts';
import { scoreTexts } from './scoreTexts.ts';
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

/** One model and its sessions. */
export class Runtime implements Handlers {
  private readonly gate: NativeGate;
  private loaded: LocalModel | undefined;
  private readonly sessions = new Map<number, { session: LocalSession; last: Promise<unknown> }>();
  private opened = 0;

  constructor(gate: NativeGate) {
    this.gate = gate;
  }

  async load({ path, dtype, threads }: Calls['load']['takes'], { signal, tell }: CallContext<'load'>) {
    this.loaded = await loadLocalModel(path, {
      ...(dtype !== undefined && { dtype }),
      ...(threads !== undefined && { threads }),
      signal,
      gate: this.gate,
      onProgress: (packed) => tell({ packed }),
      onWarning: (warning) => tell({ warning }),
    });
    const { source, weights, fingerprint } = this.loaded;
    return { path: source.path, dtype: weights.dtype, config: weights.config, fingerprint };
  }

  async open({ plan }: Calls['open']['takes']) {
    return this.keep(await LocalSession.create(this.model, plan));
  }

  async restore({ bytes }: Calls['restore']['takes']) {
    const { session: state, chat } = decodeSnapshot(bytes, this.model.fingerprint);
    const session = await LocalSession.restore(this.model, state);
    return { session: this.keep(session), plan: session.plan, chat };
  }

  async chatTemplate() {
    return this.model.source.readChatTemplate();
  }

  append({ session, text, prefill }: Calls['append']['takes'], { signal }: CallContext<'append'>) {
    return this.inTurn(session, (it) => it.append(text, signal, prefill));
  }

  generate({ session, plan, prompt }: Calls['generate']['takes'], { signal, tell }: CallContext<'generate'>) {
    return this.inTurn(session, (it) => it.generate(plan, prompt, signal, tell));
  }

  statistics({ session }: Calls['statistics']['takes']) {
    return this.inTurn(session, async (it) => it.statistics());
  }

  fork({ session }: Calls['fork']['takes']) {
    return this.inTurn(session, async (it) =>
      this.keep(await LocalSession.restore(this.model, await it.state())),
    );
  }

  snapshot({ session, chat }: Calls['snapshot']['takes']) {
    return this.inTurn(session, async (it) =>
      encodeSnapshot({ session: await it.state(), chat }, this.model.fingerprint),
    );
  }

  async close({ session }: Calls['close']['takes']) {
    const closed = this.inTurn(session, async (it) => it.dispose());
    // At once, so that a call made after this one finds no session instead of one without its cache.
    this.sessions.delete(session);
    await closed;
    return undefined;
  }

  score(request: ScoreRequest, { signal, tell }: CallContext<'score'>) {
    return scoreTexts(this.model, request, signal, tell);
  }

  /** Frees the model, where it lives beside other work; a thread of its own just ends. */
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
