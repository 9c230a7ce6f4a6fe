// Frees what was needed before a measurement of memory: encoding books leaves hundreds of megabytes that V8 would
// give back at some moment in the middle of the run. V8 offers that only behind a flag, which may be set at any time.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects garbage now. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  // a context made now has what the flag exposes
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
