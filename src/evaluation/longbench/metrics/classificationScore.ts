// LongBench's metric of TREC: the right class counts one over the number of classes that the answer names. A class
// whose name is part of the right one's is not counted, but LongBench takes such classes out of a list while it
// walks along that list, so the class behind a removed one is passed over. Its numbers need that slip.

/** The score in [0, 1]. @param classes all class names, in the order of the data. */
export function classificationScore(prediction: string, gold: string, classes: readonly string[]): number {
  const named = classes.filter((name) => prediction.includes(name));
  for (let i = 0; i < named.length; i++) {
    const name = named[i];
    // As Python's list.remove: the first of equal names goes, and `i` moves on over what slid into its place.
    if (name !== gold && gold.includes(name)) named.splice(named.indexOf(name), 1);
  }
  return named.includes(gold) ? 1 / named.length : 0;
}
