// The only door to the terminal: answers go to stdout, everything else to stderr. It decides nothing about
// wording or layout. What fails behind the door comes as the stream's 'error' event (`outputWatch.ts`).
import { fstatSync, writeSync } from 'node:fs';

/** Writes a part of the answer. */
export function answer(text: string): void {
  write(process.stdout, text);
}

/** Writes one JSON document as the whole answer. */
export function answerJson(value: unknown): void {
  answer(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes what is not the answer: notes, progress, errors. */
export function note(text: string): void {
  write(process.stderr, text);
}

/** Whether bars and tables may be redrawn on stderr: a person watches, and no machine reads. */
export function canRedraw(json: boolean): boolean {
  return process.stderr.isTTY === true && !json && !process.env.CI;
}

/** Columns of the terminal. */
export function terminalWidth(): number {
  return process.stderr.columns ?? 80;
}

function write(stream: NodeJS.WriteStream & { readonly fd: number }, text: string): void {
  if (!fstatSync(stream.fd).isFile()) {
    stream.write(text);
    return;
  }
  // Node's own stream takes a write that a nearly full disk cut short for a whole one.
  const bytes = Buffer.from(text);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(stream.fd, bytes, done);
  } catch (error) {
    stream.emit('error', error);
  }
}
