// The name a mistyped word probably meant, for error messages. It guesses only what a slip of the fingers
// explains: past half of the word's letters there is no nearest name. It corrects nothing by itself.

/** The candidate with the least edit distance to `word`; the first of equals; none if all are too far. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 2)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Letters to insert, delete or replace to turn `a` into `b` (Levenshtein), row by row of the table. */
function editDistance(a: string, b: string): number {
  // [b.length + 1] distances from the first i letters of a to each beginning of b
  const row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const replaced = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = Math.min(replaced, row[j] + 1, row[j - 1] + 1);
    }
  }
  return row[b.length];
}
