// Expressions of a template, with jinja2's precedences: what binds more strongly stands further down.
import type { Arguments, Comparison, Expression, Filter } from './nodes.ts';
import type { TokenStream } from './tokenStream.ts';

const noArguments: Arguments = { plain: [], named: [], spread: undefined, spreadNamed: undefined };
const constants: Readonly<Record<string, null | boolean>> = {
  ...{ true: true, True: true, false: false, False: false, none: null, None: null },
};

/** Reads expressions from tokens. Every method throws TemplateSyntaxError. */
export class ExpressionParser {
  protected readonly tokens: TokenStream;

  constructor(tokens: TokenStream) {
    this.tokens = tokens;
  }

  /** An expression, or several with commas between them. @param ends names that end it. */
  tuple({ condition = true, ends = [], empty = false }: TupleOptions = {}): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    while (!this.atTupleEnd(ends)) {
      items.push(condition ? this.expression() : this.or());
      if (!this.operator(',')) break;
      isTuple = true;
    }
    if (isTuple || (items.length === 0 && empty)) return { kind: 'tuple', items };
    if (items.length === 0) throw this.tokens.error(`Expected an expression, got ${this.tokens.describe()}`);
    return items[0];
  }

  /** One expression. */
  expression(): Expression {
    let yes = this.or();
    while (this.word('if')) {
      const test = this.or();
      yes = { kind: 'condition', test, yes, no: this.word('else') ? this.expression() : undefined };
    }
    return yes;
  }

  /** The filters behind a block's tag. */
  filters(of: Filter | undefined): Filter | undefined {
    return this.operator('|') ? this.filters(this.filter(of)) : of;
  }

  /** One filter, its bar read. */
  filter(of: Expression | undefined): Filter {
    const name = this.dotted();
    return {
      kind: 'filter',
      of,
      name,
      args: this.tokens.is('operator', '(') ? this.callArguments() : noArguments,
    };
  }

  private atTupleEnd(ends: readonly string[]): boolean {
    const { tokens } = this;
    const atEdge = tokens.is('variableEnd') || tokens.is('blockEnd') || tokens.is('operator', ')');
    return atEdge || (ends.length > 0 && tokens.is('name', ...ends));
  }

  private or(): Expression {
    let left = this.and();
    while (this.word('or')) left = { kind: 'or', left, right: this.and() };
    return left;
  }

  private and(): Expression {
    let left = this.not();
    while (this.word('and')) left = { kind: 'and', left, right: this.not() };
    return left;
  }

  private not(): Expression {
    return this.word('not') ? { kind: 'not', of: this.not() } : this.compare();
  }

  private compare(): Expression {
    const first = this.sum();
    const rest: Comparison[] = [];
    for (;;) {
      const { tokens } = this;
      if (tokens.is('operator', '==', '!=', '<', '<=', '>', '>=')) {
        rest.push([tokens.next().text, this.sum()]);
      } else if (this.word('in')) rest.push(['in', this.sum()]);
      else if (tokens.is('name', 'not') && tokens.peek(1).type === 'name' && tokens.peek(1).text === 'in') {
        tokens.next();
        tokens.next();
        rest.push(['not in', this.sum()]);
      } else return rest.length === 0 ? first : { kind: 'compare', first, rest };
    }
  }

  private sum(): Expression {
    return this.binary(['+', '-'], () => this.concat());
  }

  private concat(): Expression {
    const items = [this.product()];
    while (this.operator('~')) items.push(this.product());
    return items.length === 1 ? items[0] : { kind: 'concat', items };
  }

  private product(): Expression {
    return this.binary(['*', '/', '//', '%'], () => this.binary(['**'], () => this.unary()));
  }

  private binary(operators: readonly string[], part: () => Expression): Expression {
    let left = part();
    while (this.tokens.is('operator', ...operators)) {
      const operator = this.tokens.next().text;
      left = { kind: 'binary', operator, left, right: part() };
    }
    return left;
  }

  private unary(withFilter = true): Expression {
    let found: Expression;
    if (this.operator('-')) found = { kind: 'minus', of: this.unary(false) };
    else if (this.operator('+')) found = { kind: 'plus', of: this.unary(false) };
    else found = this.primary();
    found = this.postfix(found);
    return withFilter ? this.filtersAndTests(found) : found;
  }

  protected primary(): Expression {
    const { tokens } = this;
    const { type, text } = tokens.peek();
    if (type === 'name') {
      tokens.next();
      if (Object.hasOwn(constants, text)) return { kind: 'constant', value: constants[text] };
      return { kind: 'name', name: text };
    }
    if (type === 'string') {
      let value = '';
      while (tokens.is('string')) value += tokens.next().text;
      return { kind: 'constant', value };
    }
    if (type === 'integer' || type === 'float') return { kind: type, text: tokens.next().text };
    if (this.operator('(')) {
      const found = this.tuple({ empty: true });
      tokens.expect('operator', ')');
      return found;
    }
    if (this.operator('[')) return { kind: 'list', items: this.listed(']', () => this.expression()) };
    if (this.operator('{')) {
      const pair = (): [Expression, Expression] => {
        const key = this.expression();
        tokens.expect('operator', ':');
        return [key, this.expression()];
      };
      return { kind: 'dict', pairs: this.listed('}', pair) };
    }
    throw tokens.error(`unexpected ${tokens.describe()}`);
  }

  /** What stands between commas up to a bracket, which is read too. */
  private listed<Item>(bracket: string, item: () => Item): Item[] {
    const items: Item[] = [];
    while (!this.operator(bracket)) {
      if (items.length > 0) this.tokens.expect('operator', ',');
      if (this.operator(bracket)) break;
      items.push(item());
    }
    return items;
  }

  private postfix(of: Expression): Expression {
    let found = of;
    for (;;) {
      if (this.operator('.')) found = this.member(found);
      else if (this.operator('[')) found = { kind: 'item', of: found, key: this.subscript() };
      else if (this.tokens.is('operator', '(')) {
        found = { kind: 'call', callee: found, args: this.callArguments() };
      } else return found;
    }
  }

  private member(of: Expression): Expression {
    const { tokens } = this;
    if (tokens.is('integer')) return { kind: 'item', of, key: { kind: 'integer', text: tokens.next().text } };
    return { kind: 'attribute', of, name: tokens.expect('name').text };
  }

  private subscript(): Expression {
    const keys: Expression[] = [];
    while (!this.operator(']')) {
      if (keys.length > 0) this.tokens.expect('operator', ',');
      keys.push(this.subscribed());
    }
    return keys.length === 1 ? keys[0] : { kind: 'tuple', items: keys };
  }

  private subscribed(): Expression {
    const parts: (Expression | undefined)[] = [];
    const part = () => (this.tokens.is('operator', ':', ']', ',') ? undefined : this.expression());
    parts.push(part());
    if (parts[0] !== undefined && !this.tokens.is('operator', ':')) return parts[0];
    this.tokens.expect('operator', ':');
    parts.push(part());
    parts.push(this.operator(':') ? part() : undefined);
    return { kind: 'slice', parts };
  }

  private filtersAndTests(of: Expression): Expression {
    let found = of;
    for (;;) {
      if (this.operator('|')) found = this.filter(found);
      else if (this.word('is')) found = this.test(found);
      else if (this.tokens.is('operator', '(')) {
        found = { kind: 'call', callee: found, args: this.callArguments() };
      } else return found;
    }
  }

  private test(of: Expression): Expression {
    const { tokens } = this;
    const negated = this.word('not');
    const test: Expression = { kind: 'test', of, name: this.dotted(), args: this.testArguments() };
    if (tokens.is('name', 'is')) throw tokens.error('You cannot chain multiple tests with is');
    return negated ? { kind: 'not', of: test } : test;
  }

  private testArguments(): Arguments {
    const { tokens } = this;
    if (tokens.is('operator', '(')) return this.callArguments();
    const begins =
      ['name', 'string', 'integer', 'float'].includes(tokens.peek().type) || tokens.is('operator', '[', '{');
    if (!begins || tokens.is('name', 'else', 'or', 'and')) return noArguments;
    if (tokens.is('name', 'is')) throw tokens.error('You cannot chain multiple tests with is');
    return { ...noArguments, plain: [this.postfix(this.primary())] };
  }

  /** The arguments of a call, its brackets read too. */
  protected callArguments(): Arguments {
    const { tokens } = this;
    tokens.expect('operator', '(');
    const plain: Expression[] = [];
    const named: [string, Expression][] = [];
    let spread: Expression | undefined;
    let spreadNamed: Expression | undefined;
    const ensure = (allowed: boolean) => {
      if (!allowed) throw tokens.error('invalid syntax for function call expression');
    };
    this.listed(')', () => {
      if (this.operator('*')) {
        ensure(spread === undefined && spreadNamed === undefined);
        spread = this.expression();
      } else if (this.operator('**')) {
        ensure(spreadNamed === undefined);
        spreadNamed = this.expression();
      } else if (tokens.is('name') && tokens.peek(1).type === 'operator' && tokens.peek(1).text === '=') {
        ensure(spreadNamed === undefined);
        const name = tokens.next().text;
        tokens.next();
        named.push([name, this.expression()]);
      } else {
        ensure(spread === undefined && spreadNamed === undefined && named.length === 0);
        plain.push(this.expression());
      }
    });
    return { plain, named, spread, spreadNamed };
  }

  private dotted(): string {
    let name = this.tokens.expect('name').text;
    while (this.operator('.')) name += `.${this.tokens.expect('name').text}`;
    return name;
  }

  protected operator(text: string): boolean {
    return this.tokens.skip('operator', text);
  }

  protected word(text: string): boolean {
    return this.tokens.skip('name', text);
  }
}

interface TupleOptions {
  /** Whether `a if b` is one expression. @default true */
  readonly condition?: boolean;
  readonly ends?: readonly string[];
  /** Whether it may be nothing. @default false */
  readonly empty?: boolean;
}
