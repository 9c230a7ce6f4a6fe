// The tokens of a template, read from the front: what every part of the parser asks of them.
import { TemplateSyntaxError } from './errors.ts';
import type { Token, TokenType } from './tokenize.ts';

const edges: Readonly<Partial<Record<TokenType, string>>> = {
  ...{ blockEnd: '%}', variableEnd: '}}', end: 'the end of the template', data: 'text' },
};

/** Tokens, and how far they are read. */
export class TokenStream {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** The token that is next, or the one `ahead` of it. */
  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)];
  }

  /** Reads a token. */
  next(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }

  /** Whether the next token is of a type and, if given, one of these texts. */
  is(type: TokenType, ...texts: readonly string[]): boolean {
    const token = this.peek();
    return token.type === type && (texts.length === 0 || texts.includes(token.text));
  }

  /** Reads the next token if it is of a type and text. */
  skip(type: TokenType, text: string): boolean {
    const found = this.is(type, text);
    if (found) this.at++;
    return found;
  }

  /** Reads a token that must be next. Throws TemplateSyntaxError. */
  expect(type: TokenType, ...texts: readonly string[]): Token {
    if (this.is(type, ...texts)) return this.next();
    throw this.error(`expected ${texts[0] ?? edges[type] ?? type}, got ${this.describe()}`);
  }

  /** An error at the next token. */
  error(words: string): TemplateSyntaxError {
    return new TemplateSyntaxError(`${words} (line ${this.peek().line})`);
  }

  /** The next token in words. */
  describe(): string {
    const { type, text } = this.peek();
    return edges[type] ?? `'${text}'`;
  }
}
