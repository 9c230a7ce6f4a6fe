// Python's text methods, where JavaScript's differ: what white space is, what a title is, how lines are cut. They are
// given what they need as JavaScript's values and know nothing of templates.

/** A character class: what Python takes for white space. */
export const pythonSpace =
  '[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python ends lines at them
const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const isSpace = new RegExp(`^${pythonSpace}$`);

/** `text` without the characters of `characters`, by default white space, at its beginning, end, or both. */
export function strip(text: string, characters: string | null, left = true, right = true): string {
  const among = characters === null ? undefined : new Set(characters);
  const goes = (letter: string): boolean => among?.has(letter) ?? isSpace.test(letter);
  const letters = [...text];
  let start = 0;
  let end = letters.length;
  if (left) while (start < end && goes(letters[start])) start++;
  if (right) while (end > start && goes(letters[end - 1])) end--;
  return letters.slice(start, end).join('');
}

/** str.split; a negative limit is none. */
export function split(text: string, separator: string | null, limit: number): string[] {
  if (separator === '') throw new TypeError('split() takes no empty separator');
  const parts: string[] = [];
  let rest = separator === null ? strip(text, null, true, false) : text;
  const cut = new RegExp(`${pythonSpace}+`);
  while (limit < 0 || parts.length < limit) {
    const match = separator === null ? cut.exec(rest) : undefined;
    const at = separator === null ? (match?.index ?? -1) : rest.indexOf(separator);
    if (at < 0) break;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + (separator?.length ?? match?.[0].length ?? 0));
    if (separator === null && rest === '') return parts;
  }
  return separator === null && rest === '' ? parts : [...parts, rest];
}

/** str.splitlines. */
export function splitLines(text: string): string[] {
  const lines = text.split(lineEnd);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** str.replace; a negative limit is none. */
export function replace(text: string, old: string, put: string, limit: number): string {
  if (old === '') {
    const letters = ['', ...text];
    const most = limit < 0 ? letters.length : limit;
    return letters.map((letter, i) => letter + (i < most ? put : '')).join('');
  }
  const parts = text.split(old);
  const most = limit < 0 ? parts.length : limit;
  return parts.map((part, i) => (i === 0 ? part : (i <= most ? put : old) + part)).join('');
}

/** str.capitalize. */
export function capitalize(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** str.title: a letter behind anything that is none is a capital. */
export function title(text: string): string {
  return text.replace(/\p{L}+/gu, capitalize);
}

/** Jinja's own title, which goes by words. */
export function titleWords(text: string): string {
  return text
    .split(new RegExp(`([-({<[]|${pythonSpace})`))
    .map(capitalize)
    .join('');
}
