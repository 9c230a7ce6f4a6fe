// What tests of damaged files share: a way to damage bytes, and a measure of what reading them takes. Only tests
// import it.
import type { Random } from './random.ts';

/** Flips, takes away or doubles a few bytes. */
export function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  let out = bytes.slice();
  for (let left = 1 + Math.floor(random.next() * 4); left > 0; left--) {
    const at = Math.floor(random.next() * out.length);
    const kind = random.next();
    if (kind < 0.7) out[at] ^= 1 << Math.floor(random.next() * 8);
    else if (kind < 0.85) out = new Uint8Array([...out.subarray(0, at), ...out.subarray(at + 1)]);
    else out = new Uint8Array([...out.subarray(0, at), ...out.subarray(at - 1)]);
  }
  return out;
}

/** What `attempt` adds to the bytes of typed arrays and to the heap, and the error it ends in. */
export async function measure(
  attempt: () => Promise<void>,
): Promise<{ readonly bytes: number; readonly heap: number; readonly error: unknown }> {
  const before = process.memoryUsage();
  let error: unknown;
  try {
    await attempt();
  } catch (thrown) {
    error = thrown;
  }
  const after = process.memoryUsage();
  return { bytes: after.arrayBuffers - before.arrayBuffers, heap: after.heapUsed - before.heapUsed, error };
}
