// A sentencepiece vocabulary as merges. Sentencepiece joins, of all neighbours whose joint text is a piece, those
// with the highest score, and of equal ones the leftmost. Merges say the same if there is one for every way to
// cut a piece in two, and if merges of equal score have equal ranks: vocabularies that were extended after
// training hold thousands of pieces of one score.
import type { GgufNumbers } from './gguf.ts';

export interface SpmMerges {
  /** Pairs of neighbours that join, best first. */
  readonly merges: readonly (readonly [string, string])[];
  /** [merges] The rank of each; equal where the scores are. */
  readonly ranks: readonly number[];
}

/** The merges of `pieces`, texts with their ids; `scores` [V] is by id. */
export function spmMerges(pieces: ReadonlyMap<string, number>, scores: GgufNumbers): SpmMerges {
  const byScore = [...pieces].sort(([, a], [, b]) => scores[b] - scores[a] || a - b);
  // A cut is worth a look only where a text of that length can stand: long pieces have few such places.
  const lengths = new Set([1, 2, ...[...pieces.keys()].map((piece) => piece.length)]);
  const merges: (readonly [string, string])[] = [];
  const ranks: number[] = [];
  let rank = -1;
  let score = Number.NaN;
  for (const [piece, id] of byScore) {
    if (scores[id] !== score) rank++;
    score = scores[id];
    for (let cut = 1; cut < piece.length; cut++) {
      if (!lengths.has(cut) || !lengths.has(piece.length - cut)) continue;
      const left = piece.slice(0, cut);
      const right = piece.slice(cut);
      if (!stands(left, pieces) || !stands(right, pieces)) continue;
      merges.push([left, right]);
      ranks.push(rank);
    }
  }
  return { merges, ranks };
}

/** Whether merging can meet this text: as a piece, or as the single character that everything begins with. */
function stands(text: string, pieces: ReadonlyMap<string, number>): boolean {
  return pieces.has(text) || isOneCharacter(text);
}

function isOneCharacter(text: string): boolean {
  const code = text.codePointAt(0) ?? 0;
  const isHalf = code >= 0xd800 && code <= 0xdfff;
  return !isHalf && text.length === (code > 0xffff ? 2 : 1);
}
