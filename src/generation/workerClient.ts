// The library's end of the line to the model's thread: calls become messages, replies settle promises. The
// thread keeps the process alive only while a call is under way or it is being ended, so a program ends without
// `dispose`. It never ends the thread while the engine runs in it (core/nativeGate.ts), whichever way it ends.
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { NativeGate, requireNotAborted, TreekvError } from '../core/index.ts';
import { holdExit } from './holdExit.ts';
import type { Calls, Message, Method, PlainError, Reply } from './protocol.ts';

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly told: ((told: never) => void) | undefined;
}

// Encoding a long text makes garbage that lives for a moment. Node's own limit lets it grow to 48 MiB before it is
// looked through, for 100,000 tokens some 30 MiB more than for 5,000; with this one the thread stays level.
const YOUNG_MEBIBYTES = 12;

/** Calls to one model's thread. */
export class WorkerClient {
  private readonly gate = new NativeGate();
  private readonly worker = new Worker(new URL('./worker.js', import.meta.url), threadOptions(this.gate));
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  private ended: Error | undefined;
  private stopped: Promise<void> | undefined;

  constructor() {
    this.worker.unref();
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (cause: Error) => this.end(failed(cause.message, cause)));
    const letGo = holdExit(this.gate);
    this.worker.on('exit', (code) => {
      this.gate.abandon();
      letGo();
      this.end(failed(`it ended with code ${code}`));
    });
  }

  /** Makes a call; an abort of the signal makes it fail with ABORTED. */
  call<Name extends Method>(
    method: Name,
    takes: Calls[Name]['takes'],
    signal?: AbortSignal,
    told?: (told: Calls[Name]['tells']) => void,
  ): Promise<Calls[Name]['answers']> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const id = ++this.calls;
    const abort = (): void => this.send({ id, abort: true });
    return new Promise<Calls[Name]['answers']>((resolve, reject) => {
      requireNotAborted(signal);
      if (this.pending.size === 0) this.worker.ref();
      this.pending.set(id, { resolve, reject, told });
      this.send({ id, method, takes });
      signal?.addEventListener('abort', abort, { once: true });
    }).finally(() => {
      signal?.removeEventListener('abort', abort);
      if (this.pending.size === 0 && this.stopped === undefined) this.worker.unref();
    });
  }

  /**
   * Ends the thread and with it everything that it holds. Calls under way fail with DISPOSED at once; the thread ends
   * when the step in hand is over, and the process lives until it has.
   */
  dispose(): Promise<void> {
    this.stopped ??= this.stop();
    return this.stopped;
  }

  private async stop(): Promise<void> {
    this.worker.ref();
    this.end(new TreekvError('DISPOSED', 'The model was disposed; load it again.'));
    await this.gate.still();
    // Behind a shut gate nothing but JavaScript runs, which can be ended anywhere, even in a policy that never returns.
    await this.worker.terminate();
  }

  private send(message: Message): void {
    this.worker.postMessage(message);
  }

  private settle(reply: Reply): void {
    const pending = this.pending.get(reply.id);
    if (pending === undefined) return;
    if ('told' in reply) {
      pending.told?.(reply.told as never);
      return;
    }
    this.pending.delete(reply.id);
    if ('error' in reply) pending.reject(revive(reply.error));
    else pending.resolve(reply.answer as never);
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.pending.values()) reject(this.ended);
    this.pending.clear();
  }
}

/** Frees a session's cache; a session of a model that was disposed has none. */
export async function closeSession(client: Pick<WorkerClient, 'call'>, session: number): Promise<void> {
  try {
    await client.call('close', { session });
  } catch (error) {
    if (!(error instanceof TreekvError) || error.code !== 'DISPOSED') throw error;
  }
}

/** A thread inherits the process's flags; `node --input-type=module -e` has one that it would refuse. */
function threadOptions({ memory }: NativeGate): WorkerOptions {
  return {
    workerData: memory,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
    ...(process.execArgv.some((flag) => flag.startsWith('--input-type')) && { execArgv: [] }),
  };
}

function failed(why: string, cause?: Error): TreekvError {
  return new TreekvError(
    'ENGINE_FAILED',
    `The model's thread failed: ${why}. Load the model again.`,
    {},
    { cause },
  );
}

/** The error as it was thrown in the other thread, with the stack that it had there. */
function revive({ code, message, details, stack, cause }: PlainError): Error {
  const options = cause && { cause: Object.assign(new Error(cause.message), cause) };
  const error =
    code === undefined ? new Error(message, options) : new TreekvError(code, message, details, options);
  if (stack !== undefined) error.stack = stack;
  return error;
}
