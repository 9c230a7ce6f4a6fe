// The parts of Python's `str` and `re` that LongBench's metrics stand on and that JavaScript does otherwise: what
// counts as white space and as a letter. Lower-casing is the same in both languages and is not here.

// `str.isspace`. JavaScript's \s lacks U+0085 and U+001C to U+001F, and has U+FEFF, which Python does not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts the four separators as white space.
const WHITE_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** The words of a text, as `text.split()` gives them: never an empty one. */
export function splitWhiteSpace(text: string): string[] {
  return text.split(WHITE_SPACE).filter((word) => word !== '');
}

/** Runs of digits of any script, as `re.findall(r'\d+', text)` gives them. */
export function digitRuns(text: string): string[] {
  return text.match(/\p{Nd}+/gu) ?? [];
}

/** The text behind its leading line feeds, as `text.lstrip('\n')` gives it. */
export function withoutLeadingNewlines(text: string): string {
  return text.replace(/^\n+/, '');
}
