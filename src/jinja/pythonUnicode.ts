// Texts as Python counts and tells them: by characters, not by JavaScript's halves of them, with Python's idea of
// white space and of where a line ends. No objects, no templates.
import { notHere } from './errors.ts';

/** White space, for use inside the brackets of an expression. JavaScript's \s is another set. */
export const spaces = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const spaceAtStart = new RegExp(`^[${spaces}]+`);
const space = new RegExp(`^[${spaces}]$`);
const word = new RegExp(`[^${spaces}]+`, 'g');
const lineEnd = new RegExp(`\\r\\n|[${'\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029'}]`);

/** The characters of a text. */
export function characters(text: string): string[] {
  return [...text];
}

/** How many characters a text has. */
export function textLength(text: string): number {
  // without a surrogate every unit is a character
  return /[\ud800-\udfff]/.test(text) ? characters(text).length : text.length;
}

/** A text without the characters of `among` (white space if undefined) at its sides. */
export function strip(text: string, among: string | undefined, left: boolean, right: boolean): string {
  const set = among === undefined ? undefined : new Set(among);
  const goes = (letter: string): boolean => (set === undefined ? space.test(letter) : set.has(letter));
  let start = 0;
  let end = text.length;
  for (let letter = ''; left && start < end; start += letter.length) {
    letter = String.fromCodePoint(text.codePointAt(start) ?? 0);
    if (!goes(letter)) break;
  }
  for (let letter = ''; right && end > start; end -= letter.length) {
    letter = lastCharacter(text.slice(Math.max(start, end - 2), end));
    if (!goes(letter)) break;
  }
  return text.slice(start, end);
}

function lastCharacter(text: string): string {
  return characters(text).at(-1) ?? '';
}

/** Whether a text is white space and not empty. */
export function isSpace(text: string): boolean {
  return spaceAtStart.exec(text)?.[0].length === text.length && text !== '';
}

/** The words of a text, at most `most` cuts made; what stands behind the last cut keeps its spaces. */
export function words(text: string, most: number): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(word)) {
    if (most >= 0 && found.length >= most) return [...found, text.slice(match.index)];
    found.push(match[0]);
  }
  return found;
}

/** The lines of a text, with their ends if `keep`. */
export function lines(text: string, keep = false): string[] {
  const found: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = lineEnd.exec(rest);
    if (end === null) return [...found, rest];
    const behind = end.index + end[0].length;
    found.push(rest.slice(0, keep ? behind : end.index));
    rest = rest.slice(behind);
  }
  return found;
}

/** Python's order of texts: by characters. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  // never between the halves of a character
  if (at > 0 && /[\udc00-\udfff]/.test(`${a[at] ?? ''}${b[at] ?? ''}`)) at--;
  return (a.codePointAt(at) ?? -1) - (b.codePointAt(at) ?? -1);
}

/** The first letter large, the others small. */
export function capitalize(text: string): string {
  const [first = '', ...rest] = characters(text);
  return titleLetter(first) + lower(rest.join(''));
}

/** Every run of letters with its first one large. */
export function title(text: string): string {
  let inWord = false;
  return characters(text)
    .map((letter) => {
      const written = inWord ? lower(letter) : titleLetter(letter);
      inWord = /\p{Cased}/u.test(letter);
      return written;
    })
    .join('');
}

/** Small letters. */
export function lower(text: string): string {
  return text.toLowerCase();
}

/** A letter as a word begins with it; for a few that is neither their large nor their small form. */
function titleLetter(letter: string): string {
  const upper = letter.toUpperCase();
  const isOther =
    /[\u01c4-\u01cc\u01f1-\u01f3\u10d0-\u10ff\u1f80-\u1faf\u1fb3\u1fbc\u1fc3\u1fcc\u1ff3\u1ffc]/.test(letter);
  if (isOther || (upper !== '' && textLength(upper) !== 1)) throw notHere(`The title case of '${letter}'`);
  return upper;
}
