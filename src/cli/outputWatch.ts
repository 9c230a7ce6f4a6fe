// What becomes of stdout and stderr while the program runs. A reader that leaves and a write that fails come as
// 'error' events, which would end the process with a stack; here they are remembered instead. The answer is why
// the program runs: without stdout the work stops. Without stderr it goes on, since nobody needs its notes to
// use the answer. It writes nothing but the line that says what could not be written.
import { fstatSync } from 'node:fs';
import { exitCode } from './exitCode.ts';
import { answer, note } from './terminal.ts';

type Stream = NodeJS.WriteStream & { readonly fd: number };

/** How a program is about to end. */
export interface Ending {
  readonly status: number;
  /** Whether stdout holds one JSON document, beside which nothing may stand. */
  readonly json: boolean;
  /** The error that stderr was told, if any. */
  readonly complaint: string | undefined;
}

/** Watches both streams, from its making to the end of the process. */
export class OutputWatch {
  private left = false;
  private readonly failures = new Map<Stream, NodeJS.ErrnoException>();
  private readonly stop: () => void;

  /** @param stop is called when no answer can be written any more. */
  constructor(stop: () => void) {
    this.stop = stop;
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => this.lost(stream, error));
    }
  }

  /** Whether nobody can be answered any more: an error that says that the work was stopped says nothing. */
  get answerless(): boolean {
    return this.left || this.failures.has(process.stdout);
  }

  /**
   * Waits until all is written, and says what could not be, on the stream that still works. Answers the exit code: that
   * of the ending, or failure where it was success and something is lost.
   */
  async settle({ status, json, complaint }: Ending): Promise<number> {
    await Promise.all([drained(process.stdout), drained(process.stderr)]);
    const answers = this.failures.get(process.stdout);
    const notes = this.failures.get(process.stderr);
    if (answers === undefined && notes === undefined) return status;
    if (notes === undefined) note(`treekv: ${described('stdout', answers)}\n`);
    else if (answers === undefined && !this.left && !json) {
      const told = complaint === undefined ? '' : ` It would have said: ${complaint}`;
      answer(`treekv: ${described('stderr', notes)}${told}\n`);
    }
    await Promise.all([drained(process.stdout), drained(process.stderr)]);
    return status === exitCode.success ? exitCode.failure : status;
  }

  private lost(stream: Stream, error: NodeJS.ErrnoException): void {
    const isAnswer = stream === process.stdout;
    if (!readerLeft(stream, error)) {
      if (!this.failures.has(stream)) this.failures.set(stream, error);
      if (isAnswer) this.stop();
      return;
    }
    // Of `2>&1 | head` it is the reader of both, whichever was written first.
    if (!isAnswer && !sameReader()) return;
    this.left = true;
    this.stop();
  }
}

/** Whether an error says that who read has gone: closed a pipe (`| head`), or hung up a terminal. */
function readerLeft(stream: Stream, { code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ECONNRESET' || (code === 'EIO' && stream.isTTY === true);
}

function sameReader(): boolean {
  const [out, error] = [fstatSync(process.stdout.fd), fstatSync(process.stderr.fd)];
  return out.dev === error.dev && out.ino === error.ino;
}

/** Once what was written before is written, or has failed and that has been told. */
async function drained(stream: Stream): Promise<void> {
  // Not where nothing waits: a full disk refuses even a write of nothing.
  if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  // The event comes behind the callback.
  await new Promise((resolve) => setImmediate(resolve));
}

function described(where: string, error: NodeJS.ErrnoException | undefined): string {
  const full = error?.code === 'ENOSPC' || error?.code === 'EDQUOT';
  const why = full ? 'the disk is full; free space, or write elsewhere' : error?.message;
  return `${where} could not be written: ${why}.`;
}
