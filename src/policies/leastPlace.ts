// The choice that H2O and TOVA share: among the candidates, the entry with the least score leaves. A tie
// goes against the older one, as everywhere in treekv; the papers do not say.

/**
 * The first place in [from, to) whose entry has the least score.
 * @param scores [.., row + rank] any number per entry.
 * @param alive [length] ranks by place.
 */
export function leastPlace(
  scores: Float32Array | Float64Array,
  row: number,
  alive: Int32Array,
  from: number,
  to: number,
): number {
  let place = from;
  let least = scores[row + alive[from]];
  for (let next = from + 1; next < to; next++) {
    const score = scores[row + alive[next]];
    if (score < least) {
      least = score;
      place = next;
    }
  }
  return place;
}
