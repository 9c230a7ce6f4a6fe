// What is piped in: the bytes as they come, or the whole text for a model.
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { decodeUtf8, TreekvError } from '../core/index.ts';

/** The text on stdin, to its end. Throws BAD_FILE. */
export async function readStdin(signal: AbortSignal): Promise<string> {
  return decodeUtf8(await buffer(stdinBytes(signal)), 'stdin');
}

/** The bytes on stdin, until the signal ends them. Throws BAD_FILE for what cannot be read, such as a folder. */
export async function* stdinBytes(signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* addAbortSignal(signal, process.stdin);
  } catch (cause) {
    if (signal.aborted) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const message = `stdin cannot be read (${code}). Pipe text in, or name a file as input (< FILE).`;
    throw new TreekvError('BAD_FILE', message, { code }, { cause });
  }
}
