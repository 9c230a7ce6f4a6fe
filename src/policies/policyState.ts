// Reading back what a policy's `state()` gave. A snapshot may come from another policy or another version, so
// a name that is missing, or of another type, is an error and never a zero.

import { TreekvError } from '../core/index.ts';
import type { PolicyState } from './policy.ts';

/** The count of something that a state keeps under `name`. Throws `BAD_SNAPSHOT`. */
export function readCounter(state: PolicyState, name: string): number {
  const [count] = readFloats(state, name);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new TreekvError('BAD_SNAPSHOT', `The policy state's '${name}' is no count: ${count}.`, {
    name,
    count,
  });
}

/** The floats that a state keeps under `name`. Throws `BAD_SNAPSHOT`. */
export function readFloats(state: PolicyState, name: string): Float64Array {
  const floats = state[name];
  if (floats instanceof Float64Array) return floats;
  const present = Object.keys(state);
  throw new TreekvError(
    'BAD_SNAPSHOT',
    `The policy state holds no Float64Array '${name}', only: ${present.join(', ') || 'nothing'}. ` +
      'Restore it into the policy and the options it was taken from.',
    { name, present },
  );
}
