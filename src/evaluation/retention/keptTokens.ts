// Which tokens a cache holds: per layer and head, ascending. The one form in which caches and replays of traces
// are compared, counted and drawn.
import { createHash } from 'node:crypto';
import type { SequenceCache } from '../../cache/index.ts';

/** The tokens kept, by index in the text. */
export interface KeptTokens {
  /** KV heads of a layer. */
  readonly heads: number;
  /** Per layer [heads, kept], each head's ascending. */
  readonly layers: readonly Int32Array[];
}

/** What a cache holds now; a copy. */
export function keptInCache({ layers }: SequenceCache): KeptTokens {
  return { heads: layers[0].order.heads, layers: layers.map(({ order }) => order.state().tokens) };
}

/** The tokens that one head holds; a view. */
export function keptByHead({ heads, layers }: KeptTokens, layer: number, head: number): Int32Array {
  const perHead = layers[layer].length / heads;
  return layers[layer].subarray(head * perHead, (head + 1) * perHead);
}

/** The rows of all heads of a layer, or of all layers; views. @param layer null for all. */
export function headsOf(kept: KeptTokens, layer: number | null): Int32Array[] {
  const layers = layer === null ? kept.layers.map((_, l) => l) : [layer];
  return layers.flatMap((l) => Array.from({ length: kept.heads }, (_, head) => keptByHead(kept, l, head)));
}

/** SHA-256 that names what is kept: the tokens as decimal numbers, a head a line, layers in order. */
export function keptDigest(kept: KeptTokens): string {
  const hash = createHash('sha256');
  for (let layer = 0; layer < kept.layers.length; layer++) {
    for (let head = 0; head < kept.heads; head++) hash.update(`${keptByHead(kept, layer, head).join(' ')}\n`);
  }
  return hash.digest('hex');
}
