// What the text between the quotes of a string in a template means: Python's escapes, as its unicode-escape codec
// reads them, which leaves a backslash that it does not know.
import { TemplateSyntaxError } from './errors.ts';

const simple: Readonly<Record<string, string>> = {
  ...{
    '\n': '',
    '\\': '\\',
    "'": "'",
    '"': '"',
    a: '\x07',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
    v: '\v',
  },
};
const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Throws TemplateSyntaxError. */
export function unescapeString(text: string): string {
  return text.replace(/\\([0-7]{1,3}|.)([0-9a-fA-F]{0,8})/gsu, (whole, letter: string, hex: string) => {
    if (/^[0-7]/.test(letter)) return String.fromCodePoint(Number.parseInt(letter, 8)) + hex;
    if (Object.hasOwn(simple, letter)) return simple[letter] + hex;
    if (letter === 'N') throw new TemplateSyntaxError('A character spelled by name (\\N) is not supported');
    if (Object.hasOwn(digits, letter)) {
      const length = digits[letter];
      const code = hex.length < length ? Number.NaN : Number.parseInt(hex.slice(0, length), 16);
      // half a character could not be read as text
      if (!(code <= 0x10ffff) || (code >= 0xd800 && code < 0xe000)) {
        throw new TemplateSyntaxError(`The escape \\${letter}${hex} is no character`);
      }
      return String.fromCodePoint(code) + hex.slice(length);
    }
    const code = letter.codePointAt(0) ?? 0;
    return code < 128 ? whole : `\\${backslashed(code)}${hex}`;
  });
}

/** Python spells what is not ASCII out before it reads escapes, so a backslash before it stands before the spelling. */
function backslashed(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `u${hex.padStart(4, '0')}` : `U${hex.padStart(8, '0')}`;
}
