// A template cut into tokens, as jinja2's lexer cuts it with the settings of transformers: trim_blocks, lstrip_blocks,
// and the last line end dropped. What the tokens mean is the parser's business.
import { TemplateSyntaxError } from './errors.ts';
import { spaces, strip } from './pythonUnicode.ts';
import { unescapeString } from './unescapeString.ts';

/** What a token is: text between tags, the edge of a tag, or a piece of an expression. */
export type TokenType =
  | 'data'
  | 'blockBegin'
  | 'blockEnd'
  | 'variableBegin'
  | 'variableEnd'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'end';

export interface Token {
  readonly type: TokenType;
  /** The text; of strings what they mean, of operators and edges how they are spelled. */
  readonly text: string;
  readonly line: number;
}

const tag = new RegExp(
  `\\{%([-+]?)[${spaces}]*raw[${spaces}]*(?:-%\\}[${spaces}]*|%\\})|\\{([%{#])([-+]?)`,
  'g',
);
const rawEnd = new RegExp(
  `\\{%([-+]?)[${spaces}]*endraw[${spaces}]*(?:\\+%\\}|-%\\}[${spaces}]*|%\\}\\n?)`,
  'g',
);
const commentEnd = new RegExp(`\\+#\\}|-#\\}[${spaces}]*|#\\}\\n?`, 'g');
const blockEnd = new RegExp(`\\+%\\}|-%\\}[${spaces}]*|%\\}\\n?`, 'y');
const variableEnd = new RegExp(`-\\}\\}[${spaces}]*|\\}\\}`, 'y');
const blank = new RegExp(`[${spaces}]+`, 'y');
const onlyBlank = new RegExp(`^[${spaces}]+$`);

const number = '(?:\\d+_)*\\d+';
const pieces: readonly (readonly [TokenType, RegExp])[] = [
  ['float', new RegExp(`(?<!\\.)${number}(?:(?:\\.${number})?e[+-]?${number}|\\.${number})`, 'iy')],
  ['integer', /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy],
  ['name', /[\p{L}\p{N}_][\p{ID_Continue}\p{N}]*/uy],
  ['string', /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy],
  ['operator', /\*\*|\/\/|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y],
];
const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The tokens of a template, `end` the last. Throws TemplateSyntaxError. */
export function tokenize(template: string): Token[] {
  return new Lexer(template.replace(/\r\n?/g, '\n').replace(/\n$/, '')).run();
}

class Lexer {
  private readonly source: string;
  private readonly tokens: Token[] = [];
  private at = 0;
  private line = 1;
  /** Whether what was read last ended a line. */
  private lineStarting = true;

  constructor(source: string) {
    this.source = source;
  }

  run(): Token[] {
    while (this.at < this.source.length) {
      const match = this.find(tag);
      if (match === undefined) {
        this.data(this.source.slice(this.at));
        this.at = this.source.length;
        break;
      }
      const [, raw, kind, sign] = match;
      this.data(this.textBefore(this.source.slice(this.at, match.index), raw ?? sign, kind !== '{'));
      this.advance(match);
      if (kind === undefined) this.raw();
      else if (kind === '#') this.comment();
      else if (kind === '%') this.expression('blockBegin', 'blockEnd', blockEnd);
      else this.expression('variableBegin', 'variableEnd', variableEnd);
    }
    this.push('end', '');
    return this.tokens;
  }

  /** What stays of the text before a tag. */
  private textBefore(text: string, sign: string, mayStrip: boolean): string {
    if (sign === '-') return strip(text, undefined, false, true);
    const start = text.lastIndexOf('\n') + 1;
    const strips = sign !== '+' && mayStrip && (start > 0 || this.lineStarting);
    return strips && onlyBlank.test(text.slice(start)) ? text.slice(0, start) : text;
  }

  private raw(): void {
    const match = this.find(rawEnd);
    if (match === undefined) {
      this.unclosed('raw directive');
      return;
    }
    this.data(this.textBefore(this.source.slice(this.at, match.index), match[1], true));
    this.advance(match);
  }

  private comment(): void {
    const match = this.find(commentEnd);
    if (match === undefined) this.unclosed('comment tag');
    else this.advance(match);
  }

  /** jinja2 takes no notice where nothing stands behind the beginning. */
  private unclosed(what: string): void {
    if (this.at < this.source.length) throw this.error(`Missing end of ${what}`);
  }

  private expression(begin: TokenType, end: TokenType, closes: RegExp): void {
    this.push(begin, '');
    const open: string[] = [];
    for (;;) {
      const over = open.length === 0 ? this.find(closes) : undefined;
      if (over !== undefined) {
        this.push(end, '');
        this.advance(over);
        return;
      }
      const gap = this.find(blank);
      if (gap !== undefined) this.advance(gap);
      else this.piece(open);
    }
  }

  private piece(open: string[]): void {
    if (this.at >= this.source.length) throw this.error('a tag is not closed');
    for (const [type, expression] of pieces) {
      const match = this.find(expression);
      if (match === undefined) continue;
      const [text] = match;
      if (type === 'name' && !/^[\p{ID_Start}_]/u.test(text))
        throw this.error('Invalid character in identifier');
      if (Object.hasOwn(closing, text)) open.push(closing[text]);
      else if (Object.values(closing).includes(text) && open.pop() !== text) {
        throw this.error(`unexpected '${text}'`);
      }
      this.push(type, type === 'string' ? unescapeString(text.slice(1, -1)) : text);
      this.advance(match);
      return;
    }
    throw this.error(`unexpected char ${JSON.stringify(this.source[this.at])}`);
  }

  /** Where an expression matches next; if it is sticky, here or nowhere. */
  private find(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    return expression.exec(this.source) ?? undefined;
  }

  private advance(match: RegExpExecArray): void {
    const end = match.index + match[0].length;
    this.line += this.source.slice(this.at, end).split('\n').length - 1;
    this.at = end;
    this.lineStarting = match[0].endsWith('\n');
  }

  private data(text: string): void {
    if (text !== '') this.push('data', text);
  }

  private push(type: TokenType, text: string): void {
    this.tokens.push({ type, text, line: this.line });
  }

  private error(words: string): TemplateSyntaxError {
    return new TemplateSyntaxError(`${words} (line ${this.line})`);
  }
}
