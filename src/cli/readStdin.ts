// Text for a model from a pipe.
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { decodeUtf8 } from '../core/index.ts';

/** The text on stdin, to its end. Throws BAD_FILE. */
export async function readStdin(signal: AbortSignal): Promise<string> {
  return decodeUtf8(await buffer(addAbortSignal(signal, process.stdin)), 'stdin');
}
