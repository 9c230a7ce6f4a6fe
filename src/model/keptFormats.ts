// Which matrices of a checkpoint keep the blocks that they were quantised in (as GGUF files hold them) instead of
// being quantised once more. Exact: what is kept computes what the file says. Floats keep nothing.
import type { Checkpoint } from './checkpoint.ts';
import type { BlockFormat, Dtype } from './packed.ts';
import { packedParts } from './packedLayout.ts';

/**
 * The matrices that are stored in another format than the weight type's own, for `packedParts`. A matrix keeps its
 * blocks if all its sources have blocks, and no more bits than the weight type asks for; rows of 4 bits that are
 * fused with rows of 8 take 8, which hold them exactly. fp32 keeps none.
 */
export function keptFormats(checkpoint: Checkpoint, dtype: Dtype): ReadonlyMap<string, BlockFormat> {
  const kept = new Map<string, BlockFormat>();
  for (const part of packedParts(checkpoint.config, dtype)) {
    if (part.kind === 'vector' || part.format.kind === 'float') continue;
    const { bits, block } = part.format;
    const held = common(part.sources.map(({ name }) => checkpoint.blockFormat(name)));
    if (held === undefined || held.bits > bits) continue;
    if (held.bits !== bits || held.block !== block) kept.set(part.name, held);
  }
  return kept;
}

/** Whether rows held as `held` go into a matrix of format `into` value for value. */
export function isExact(held: BlockFormat | undefined, into: BlockFormat): held is BlockFormat {
  return held !== undefined && held.block === into.block && held.bits <= into.bits;
}

/** The least format that holds rows of all these exactly, if there is one. */
function common(formats: readonly (BlockFormat | undefined)[]): BlockFormat | undefined {
  const [first] = formats;
  if (first === undefined) return undefined;
  if (formats.some((format) => format?.block !== first.block)) return undefined;
  return formats.some((format) => format?.bits === 8) ? { ...first, bits: 8 } : first;
}
