// Options that were not given are left out, so that the library's defaults hold and no `undefined` is checked.

/** The options without those that are undefined. */
export function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
