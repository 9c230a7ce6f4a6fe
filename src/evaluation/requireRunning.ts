// An abort between two steps.
import { TreekvError } from '../core/index.ts';

/** Throws ABORTED if the signal has fired. */
export function requireRunning(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TreekvError('ABORTED', 'The evaluation was aborted.');
}
