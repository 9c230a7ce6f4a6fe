// A template cut into tokens as Jinja cuts it, with what transformers sets: the first line feed behind a block goes
// (`trim_blocks`), and the white space before one at the beginning of a line (`lstrip_blocks`). What stands inside a
// tag is the library's to read; its own cutting takes tags for others inside strings, and knows no `+`.
import { tokenize } from '@huggingface/jinja';
import { pythonSpace } from './pythonText.ts';

type Token = ReturnType<typeof tokenize>[number];

const closing: Readonly<Record<string, string>> = { '{%': '%}', '{{': '}}', '{#': '#}' };
const brackets: Readonly<Record<string, number>> = { '(': 1, '[': 1, '{': 1, ')': -1, ']': -1, '}': -1 };
const blank = new RegExp(`^${pythonSpace}+$`);
const spaceAtEnd = new RegExp(`${pythonSpace}+$`);
const spaceAtStart = new RegExp(`^${pythonSpace}+`);

/** The tokens of a template. Throws SyntaxError. */
export function templateTokens(template: string): Token[] {
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let at = 0;
  let lineStarts = true;
  while (at < source.length) {
    const found = source.slice(at).search(/\{[%{#]/);
    const open = found < 0 ? source.length : at + found;
    const kind = source.slice(open, open + 2);
    const sign = source[open + 2];
    const text = before(source.slice(at, open), kind, sign, lineStarts);
    if (text !== '') tokens.push({ type: 'Text', value: text });
    if (open === source.length) break;
    const inside = open + (sign === '-' || sign === '+' ? 3 : 2);
    const end = kind === '{#' ? source.indexOf('#}', inside) : endOfTag(source, inside, closing[kind]);
    if (end < 0) throw new SyntaxError(`${kind} is not closed`);
    const last = end > inside ? source[end - 1] : '';
    const signed = last === '-' || (last === '+' && kind !== '{{');
    const inner = source.slice(inside, signed ? end - 1 : end);
    if (kind !== '{#' && !isGeneration(kind, inner)) {
      tokens.push(...withoutChains(tokenize(`${kind} ${inner} ${closing[kind]}`)));
    }
    at = end + 2;
    if (last === '-') at += spaceAtStart.exec(source.slice(at))?.[0].length ?? 0;
    else if (kind !== '{{' && last !== '+' && source[at] === '\n') at++;
    lineStarts = source[at - 1] === '\n';
  }
  return tokens;
}

/** The text before a tag. */
function before(text: string, kind: string, sign: string | undefined, lineStarts: boolean): string {
  if (kind === '') return text;
  if (sign === '-') return text.replace(spaceAtEnd, '');
  if (sign === '+' || kind === '{{') return text;
  const line = text.lastIndexOf('\n') + 1;
  return (line > 0 || lineStarts) && blank.test(text.slice(line)) ? text.slice(0, line) : text;
}

/** Where a tag ends: outside of strings and brackets. */
function endOfTag(source: string, from: number, close: string): number {
  let depth = 0;
  for (let i = from; i < source.length; i++) {
    const letter = source[i];
    if (depth === 0 && source.startsWith(close, i)) return i;
    if (letter === '"' || letter === "'") {
      for (i++; i < source.length && source[i] !== letter; i++) if (source[i] === '\\') i++;
    } else depth += brackets[letter] ?? 0;
  }
  return -1;
}

/** Transformers marks what an assistant said with tags that write nothing. */
function isGeneration(kind: string, inner: string): boolean {
  return kind === '{%' && /^\s*(end)?generation\s*$/.test(inner);
}

const endsComparison = ['and', 'or', 'if', 'else', 'elif', ',', ':', '='];

/** The tokens of a tag. Throws for `a < b < c`, which the parser takes for `(a < b) < c`. */
function withoutChains(tokens: Token[]): Token[] {
  const compared = [false];
  for (const [i, { type, value }] of tokens.entries()) {
    if (type === 'StringLiteral') continue;
    const isNot = value === 'not' && tokens[i + 1]?.value !== 'in';
    if (brackets[value] === 1) compared.push(false);
    else if (brackets[value] === -1) compared.pop();
    else if (endsComparison.includes(value) || isNot) compared[compared.length - 1] = false;
    else if (type === 'ComparisonBinaryOperator' || value === 'in') {
      if (compared.at(-1)) throw new SyntaxError('a chain of comparisons is not supported');
      compared[compared.length - 1] = true;
    }
  }
  return tokens;
}
