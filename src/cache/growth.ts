// How many slots a layer gets while it fills. Buffers are head-major, so growing copies them: growth is
// geometric, and ends at the budget, where a bounded cache stays for good. Empty slots cost attention time,
// so the steps are small.

const BLOCK = 64;
const FACTOR = 1.25;

/**
 * Slots per head for at least `needed` entries.
 * @param limit the budget; never exceeded. Infinity for a full cache.
 */
export function grownCapacity(current: number, needed: number, limit: number): number {
  if (needed <= current) return current;
  const wanted = Math.max(needed, current * FACTOR);
  return Math.min(Math.ceil(wanted / BLOCK) * BLOCK, Math.max(limit, needed));
}
