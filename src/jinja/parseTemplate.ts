// A template's statements. Blocks that jinja2 has for templates made of several files are refused by name.
import { TemplateSyntaxError } from './errors.ts';
import { ExpressionParser } from './expressionParser.ts';
import { hideNames, namesRead } from './hiddenNames.ts';
import type { Body, Expression, MacroNode, Statement, Target } from './nodes.ts';
import { tokenize } from './tokenize.ts';
import { TokenStream } from './tokenStream.ts';

const severalFiles = ['extends', 'block', 'include', 'import', 'from', 'autoescape'];

/** Parses a template. Throws TemplateSyntaxError. */
export function parseTemplate(template: string): Body {
  const body = new StatementParser(new TokenStream(tokenize(template))).template();
  hideNames(body);
  return body;
}

class StatementParser extends ExpressionParser {
  /** How many loops the next statement stands in, within its macro. */
  private loops = 0;

  template(): Body {
    const body = this.until([]);
    this.tokens.expect('end');
    return body;
  }

  /** Statements up to a tag of one of these names, which is left to read; its `{%` is read. */
  private until(names: readonly string[]): Body {
    const { tokens } = this;
    const statements: Statement[] = [];
    for (;;) {
      if (tokens.is('data')) statements.push({ kind: 'text', text: tokens.next().text });
      else if (tokens.is('variableBegin')) {
        tokens.next();
        statements.push({ kind: 'output', value: withoutSafe(this.tuple()) });
        tokens.expect('variableEnd');
      } else if (tokens.is('blockBegin')) {
        tokens.next();
        if (names.length > 0 && tokens.is('name', ...names)) return { statements, hidden: [] };
        statements.push(...this.statement());
        tokens.expect('blockEnd');
      } else if (names.length === 0) return { statements, hidden: [] };
      else throw tokens.error(`it ends before a block is closed: expected ${names.join(' or ')}`);
    }
  }

  /** The body of a tag, from the tag's end to one of these names, which is left to read. */
  private body(...names: readonly string[]): Body {
    this.operator(':');
    this.tokens.expect('blockEnd');
    return this.until(names);
  }

  private closed(name: string): Body {
    const body = this.body(name);
    this.tokens.next();
    return body;
  }

  private statement(): Statement[] {
    const { tokens } = this;
    const name = tokens.expect('name').text;
    switch (name) {
      case 'for':
        return [this.forLoop()];
      case 'if':
        return [this.condition()];
      case 'set':
        return [this.set()];
      case 'with':
        return [this.withBlock()];
      case 'macro':
        return [{ kind: 'macro', macro: this.macro(tokens.expect('name').text, 'endmacro') }];
      case 'call':
        return [this.callBlock()];
      case 'filter': {
        const first = this.filter(undefined);
        const filter = this.filters(first) ?? first;
        return [{ kind: 'filterBlock', filter, body: this.closed('endfilter') }];
      }
      case 'generation':
        return [{ kind: 'generation', body: this.outsideLoops(() => this.closed('endgeneration')) }];
      case 'print':
        return this.print();
      case 'break':
      case 'continue':
        if (this.loops === 0) throw tokens.error(`'${name}' outside of a loop`);
        return [{ kind: name }];
      default:
        if (!severalFiles.includes(name)) throw tokens.error(`unknown tag '${name}'`);
        throw tokens.error(`the tag '${name}' is not supported`);
    }
  }

  private forLoop(): Statement {
    const { tokens } = this;
    const target = this.target(['in']);
    tokens.expect('name', 'in');
    const over = this.tuple({ condition: false, ends: ['recursive'] });
    const test = this.word('if') ? this.expression() : undefined;
    if (tokens.is('name', 'recursive')) throw tokens.error('a recursive loop is not supported');
    this.loops++;
    const body = this.body('endfor', 'else');
    this.loops--;
    const otherwise = tokens.next().text === 'else' ? this.closed('endfor') : { statements: [], hidden: [] };
    return { kind: 'for', target, over, test, body, otherwise };
  }

  private condition(): Statement {
    const branches: [Expression, readonly Statement[]][] = [];
    for (;;) {
      const test = this.tuple({ condition: false });
      branches.push([test, this.body('elif', 'else', 'endif').statements]);
      const { text } = this.tokens.next();
      if (text === 'elif') continue;
      return { kind: 'if', branches, otherwise: text === 'else' ? this.closed('endif').statements : [] };
    }
  }

  private set(): Statement {
    const target = this.target([], true);
    if (this.operator('=')) return { kind: 'set', target, value: this.tuple() };
    const filter = this.filters(undefined);
    return { kind: 'setBlock', target, filter, body: this.closed('endset') };
  }

  private withBlock(): Statement {
    const pairs: [Target, Expression][] = [];
    while (!this.tokens.is('blockEnd')) {
      if (pairs.length > 0) this.tokens.expect('operator', ',');
      const target = this.target();
      this.tokens.expect('operator', '=');
      pairs.push([target, this.expression()]);
    }
    return { kind: 'with', pairs, body: this.closed('endwith') };
  }

  private callBlock(): Statement {
    const { tokens } = this;
    const parameters = tokens.is('operator', '(') ? this.parameters() : [];
    const call = this.expression();
    if (call.kind !== 'call') throw tokens.error('expected call');
    const body = this.outsideLoops(() => this.closed('endcall'));
    return { kind: 'callBlock', call, macro: macroNode('caller', parameters, body) };
  }

  private macro(name: string, end: string): MacroNode {
    const parameters = this.parameters();
    return macroNode(
      name,
      parameters,
      this.outsideLoops(() => this.closed(end)),
    );
  }

  private parameters(): MacroNode['parameters'] {
    const { tokens } = this;
    const found: { name: string; default: Expression | undefined }[] = [];
    tokens.expect('operator', '(');
    while (!this.operator(')')) {
      if (found.length > 0) tokens.expect('operator', ',');
      const { text } = tokens.expect('name');
      const value = this.operator('=') ? this.expression() : undefined;
      if (value === undefined && found.at(-1)?.default !== undefined) {
        throw tokens.error('non-default argument follows default argument');
      }
      if (found.some(({ name }) => name === text)) throw tokens.error(`two arguments are called '${text}'`);
      found.push({ name: text, default: value });
    }
    return found;
  }

  private print(): Statement[] {
    const found: Statement[] = [];
    while (!this.tokens.is('blockEnd')) {
      if (found.length > 0) this.tokens.expect('operator', ',');
      found.push({ kind: 'output', value: this.expression() });
    }
    return found;
  }

  /** What is called later stands in no loop. */
  private outsideLoops<Found>(parse: () => Found): Found {
    const { loops } = this;
    this.loops = 0;
    const found = parse();
    this.loops = loops;
    return found;
  }

  private target(ends: readonly string[] = [], fields = false): Target {
    const { tokens } = this;
    const items: Target[] = [];
    let several = false;
    while (
      !tokens.is('blockEnd') &&
      !(ends.length > 0 && tokens.is('name', ...ends)) &&
      !tokens.is('operator', ')')
    ) {
      items.push(this.oneTarget(fields));
      if (!this.operator(',')) break;
      several = true;
    }
    if (items.length === 0) throw tokens.error(`Expected an expression, got ${tokens.describe()}`);
    return several ? { kind: 'targets', items } : items[0];
  }

  private oneTarget(fields: boolean): Target {
    const { tokens } = this;
    if (fields && tokens.is('name') && tokens.peek(1).type === 'operator' && tokens.peek(1).text === '.') {
      const namespace = tokens.next().text;
      tokens.next();
      return { kind: 'field', namespace, name: tokens.expect('name').text };
    }
    return asTarget(this.primary());
  }
}

/** As nothing is escaped, the last filter `safe` changes nothing; elsewhere it changes what + does, and is refused. */
function withoutSafe(value: Expression): Expression {
  const isSafe = value.kind === 'filter' && value.name === 'safe' && value.args.plain.length === 0;
  return isSafe && value.of !== undefined ? value.of : value;
}

function asTarget(found: Expression): Target {
  if (found.kind === 'name') return found;
  if (found.kind === 'tuple') return { kind: 'targets', items: found.items.map(asTarget) };
  throw new TemplateSyntaxError(`can't assign to a ${found.kind}`);
}

function macroNode(name: string, parameters: MacroNode['parameters'], body: Body): MacroNode {
  const reads = new Set(['caller', 'kwargs', 'varargs'].filter((own) => namesRead(body).has(own)));
  return { name, parameters, body, reads };
}
