// Runs a parsed template as jinja2 does: what is set in a round of a loop is gone with it, macros see what stands
// around them and not who calls them, `break` keeps what was written. The library parses; its own interpreter differs
// in all of these, and in how values are written, without saying so. A node that is not here is refused.
import { parse } from '@huggingface/jinja';
import {
  type Arguments,
  Callable,
  Float,
  isTrue,
  itemsOf,
  Namespace,
  numberOf,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
  whole,
} from './pythonValues.ts';
import { applyFilter, applyTest } from './templateFilters.ts';
import { memberOf, sliceOf } from './templateMethods.ts';
import { operate } from './templateOperators.ts';
import { templateTokens } from './templateTokens.ts';

/** What the parser made of a piece of a template; its fields go by its type. */
// biome-ignore format: one line a kind of field
interface Node {
  readonly type: string;
  readonly body: readonly Node[]; readonly alternate: readonly Node[]; readonly defaultBlock: readonly Node[];
  readonly test: Node; readonly loopvar: Node; readonly iterable: Node; readonly lhs: Node;
  readonly assignee: Node; readonly name: Node; readonly args: readonly Node[]; readonly key: Node;
  readonly call: Node; readonly callerArgs: readonly Node[] | null; readonly callee: Node;
  readonly object: Node; readonly property: Node; readonly computed: boolean;
  readonly operator: { readonly value: string }; readonly left: Node; readonly right: Node;
  readonly operand: Node; readonly filter: Node; readonly negate: boolean; readonly argument: Node;
  readonly start?: Node; readonly stop?: Node; readonly step?: Node;
  readonly condition: Node; readonly trueExpr: Node; readonly falseExpr: Node;
  readonly value: unknown;
}

type Leaving = 'break' | 'continue' | undefined;

/** A template that has been parsed. */
export interface Program {
  readonly body: readonly Node[];
}

/** Parses a template. Throws SyntaxError, or another error where a block is not closed. */
export function parseTemplate(template: string): Program {
  return parse(templateTokens(template)) as unknown as Program;
}

/** The text of a template with these variables. Throws what its functions throw, and TypeError where Python would. */
export function runTemplate(program: Program, variables: ReadonlyMap<string, Value>): string {
  const out: string[] = [];
  run(program.body, new Scope(undefined, variables), out);
  return out.join('');
}

class Scope {
  private readonly outer: Scope | undefined;
  private readonly own: Map<string, Value>;

  constructor(outer: Scope | undefined, own: ReadonlyMap<string, Value> = new Map()) {
    this.outer = outer;
    this.own = new Map(own);
  }

  get(name: string): Value {
    const value = this.own.get(name);
    if (value !== undefined) return value;
    return this.outer === undefined ? new Undefined(name) : this.outer.get(name);
  }

  set(name: string, value: Value): void {
    this.own.set(name, value);
  }
}

function run(nodes: readonly Node[], scope: Scope, out: string[]): Leaving {
  for (const node of nodes) {
    const leaving = statement(node, scope, out);
    if (leaving !== undefined) return leaving;
  }
  return undefined;
}

function statement(node: Node, scope: Scope, out: string[]): Leaving {
  switch (node.type) {
    case 'If':
      return run(isTrue(evaluate(node.test, scope)) ? node.body : node.alternate, scope, out);
    case 'For':
      loop(node, scope, out);
      return undefined;
    case 'Set':
      assign(
        node.assignee,
        node.value === null ? block(node.body, scope) : evaluate(node.value as Node, scope),
        scope,
      );
      return undefined;
    case 'Macro':
      scope.set(String(node.name.value), macro(node.args, node.body, scope));
      return undefined;
    case 'CallStatement': {
      const caller = macro(node.callerArgs ?? [], node.body, scope);
      const given = argumentsOf(node.call.args, scope);
      const named = new Map(given.named).set('caller', caller);
      out.push(
        textOf(callable(evaluate(node.call.callee, scope), node.call.callee).call({ ...given, named })),
      );
      return undefined;
    }
    case 'FilterStatement':
      out.push(textOf(filtered(block(node.body, scope), node.filter, scope)));
      return undefined;
    case 'Break':
      return 'break';
    case 'Continue':
      return 'continue';
    default:
      out.push(textOf(evaluate(isSafe(node) ? node.operand : node, scope)));
      return undefined;
  }
}

/** `safe` does nothing to what is written at once; what it does elsewhere is not known here. */
function isSafe(node: Node): boolean {
  return (
    node.type === 'FilterExpression' && node.filter.type === 'Identifier' && node.filter.value === 'safe'
  );
}

function block(nodes: readonly Node[], scope: Scope): string {
  const out: string[] = [];
  run(nodes, new Scope(scope), out);
  return out.join('');
}

function loop({ iterable, loopvar, body, defaultBlock }: Node, scope: Scope, out: string[]): void {
  const chosen = iterable.type === 'SelectExpression' ? iterable.test : undefined;
  const all = itemsOf(evaluate(chosen === undefined ? iterable : iterable.lhs, scope));
  const items = all.filter((item) => {
    if (chosen === undefined) return true;
    const round = new Scope(scope);
    assign(loopvar, item, round);
    return isTrue(evaluate(chosen, round));
  });
  if (items.length === 0) {
    run(defaultBlock, new Scope(scope), out);
    return;
  }
  for (const [i, item] of items.entries()) {
    const round = new Scope(scope, new Map([['loop', loopFields(items, i)]]));
    assign(loopvar, item, round);
    if (run(body, round, out) === 'break') return;
  }
}

function loopFields(items: readonly Value[], i: number): Value {
  const { length } = items;
  return new Namespace(
    new Map<string, Value>([
      ...Object.entries({ index: i + 1, index0: i, revindex: length - i, revindex0: length - i - 1, length }),
      ...Object.entries({ first: i === 0, last: i === length - 1, depth: 1, depth0: 0 }),
      ['previtem', i > 0 ? items[i - 1] : new Undefined('previtem')],
      ['nextitem', i + 1 < length ? items[i + 1] : new Undefined('nextitem')],
      ['cycle', new Callable(({ positional }) => positional[i % positional.length])],
    ]),
  );
}

function assign(target: Node, value: Value, scope: Scope): void {
  if (target.type === 'Identifier') {
    scope.set(String(target.value), value);
  } else if (target.type === 'TupleLiteral') {
    const [names, values] = [target.value as readonly Node[], itemsOf(value)];
    if (names.length !== values.length) {
      throw new TypeError(`${values.length} values are not set to ${names.length} names`);
    }
    for (const [i, name] of names.entries()) assign(name, values[i], scope);
  } else {
    const object = target.type === 'MemberExpression' ? evaluate(target.object, scope) : undefined;
    if (!(object instanceof Namespace) || target.computed)
      throw new TypeError('only fields of a namespace are set');
    object.fields.set(String(target.property.value), value);
  }
}

function macro(parameters: readonly Node[], body: readonly Node[], scope: Scope): Callable {
  return new Callable(({ positional, named }) => {
    const inner = new Scope(scope);
    const rest = new Map(named);
    const caller = rest.get('caller');
    rest.delete('caller');
    if (caller !== undefined) inner.set('caller', caller);
    for (const [i, parameter] of parameters.entries()) {
      const name = String(parameter.type === 'Identifier' ? parameter.value : parameter.key.value);
      if (i < positional.length && rest.has(name)) throw new TypeError(`a macro is given ${name} twice`);
      const given = i < positional.length ? positional[i] : rest.get(name);
      rest.delete(name);
      const otherwise = (): Value => {
        return parameter.type === 'Identifier'
          ? new Undefined(name)
          : evaluate(parameter.value as Node, inner);
      };
      inner.set(name, given === undefined ? otherwise() : given);
    }
    const [more] = rest.keys();
    // `varargs` and `kwargs` would take them
    if (more !== undefined) throw new TypeError(`a macro takes no ${more}`);
    if (positional.length > parameters.length)
      throw new TypeError(`a macro takes ${parameters.length} arguments`);
    const out: string[] = [];
    run(body, inner, out);
    return out.join('');
  });
}

function evaluate(node: Node, scope: Scope): Value {
  switch (node.type) {
    case 'StringLiteral':
      return String(node.value);
    case 'IntegerLiteral':
      return whole(Number(node.value));
    case 'FloatLiteral':
      return new Float(Number(node.value));
    case 'ArrayLiteral':
      return (node.value as readonly Node[]).map((one) => evaluate(one, scope));
    case 'TupleLiteral':
      return Tuple.from((node.value as readonly Node[]).map((one) => evaluate(one, scope)));
    case 'ObjectLiteral':
      return new Map(
        [...(node.value as ReadonlyMap<Node, Node>)].map(([key, value]) => {
          const name = evaluate(key, scope);
          if (typeof name !== 'string') throw new TypeError(`${typeName(name)} as a key is not supported`);
          return [name, evaluate(value, scope)];
        }),
      );
    case 'Identifier':
      return scope.get(String(node.value));
    case 'MemberExpression':
      return member(node, scope);
    case 'CallExpression':
      return callable(evaluate(node.callee, scope), node.callee).call(argumentsOf(node.args, scope));
    case 'UnaryExpression':
      return unary(node, scope);
    case 'BinaryExpression':
      return binary(node, scope);
    case 'FilterExpression':
      return filtered(evaluate(node.operand, scope), node.filter, scope);
    case 'TestExpression': {
      const holds = applyTest(String((node.test as Node).value), evaluate(node.operand, scope), []);
      return holds !== node.negate;
    }
    case 'Ternary':
      return evaluate(isTrue(evaluate(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
    case 'SelectExpression':
      return isTrue(evaluate(node.test, scope))
        ? evaluate(node.lhs, scope)
        : new Undefined('an if without else');
    default:
      throw new TypeError(`${node.type} is not supported here`);
  }
}

function member(node: Node, scope: Scope): Value {
  const object = evaluate(node.object, scope);
  if (node.property.type === 'SliceExpression') {
    const [start, stop, step] = [node.property.start, node.property.stop, node.property.step].map((one) => {
      const value = one === undefined ? null : evaluate(one, scope);
      if (value === null || typeof value === 'number') return value;
      throw new TypeError(`${typeName(value)} is no bound of a slice`);
    });
    return sliceOf(object, start, stop, step ?? 1);
  }
  const key = node.computed ? evaluate(node.property, scope) : (node.property.value as string | number);
  if (object instanceof Namespace) return object.fields.get(textOf(key)) ?? new Undefined(textOf(key));
  return memberOf(object, key, !node.computed);
}

function unary({ operator, argument }: Node, scope: Scope): Value {
  const value = evaluate(argument, scope);
  if (operator.value === 'not') return !isTrue(value);
  const number = numberOf(value);
  if (number === undefined) throw new TypeError(`${operator.value} ${typeName(value)} has no value`);
  const result = operator.value === '-' ? -number : number;
  return value instanceof Float ? new Float(result) : result;
}

function binary({ operator, left, right }: Node, scope: Scope): Value {
  const first = evaluate(left, scope);
  if (operator.value === 'and') return isTrue(first) ? evaluate(right, scope) : first;
  if (operator.value === 'or') return isTrue(first) ? first : evaluate(right, scope);
  const isSum = left.type === 'BinaryExpression' && ['+', '-'].includes(left.operator.value);
  if (operator.value === '~' && isSum && typeof first !== 'string') {
    // The parser does not tell `a + b ~ c`, where Jinja joins b and c first, from `(a + b) ~ c`.
    throw new TypeError('~ behind a sum of numbers is not supported');
  }
  return operate(operator.value, first, evaluate(right, scope));
}

function filtered(value: Value, filter: Node, scope: Scope): Value {
  if (filter.type === 'Identifier') {
    return applyFilter(String(filter.value), value, { positional: [], named: new Map() });
  }
  return applyFilter(String(filter.callee.value), value, argumentsOf(filter.args, scope));
}

function callable(value: Value, node: Node): Callable {
  if (value instanceof Callable) return value;
  const name = node.type === 'Identifier' ? String(node.value) : 'what is called';
  throw new TypeError(`${name} is ${typeName(value)}, no function`);
}

function argumentsOf(nodes: readonly Node[], scope: Scope): Arguments {
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  for (const node of nodes) {
    if (node.type === 'SpreadExpression') positional.push(...itemsOf(evaluate(node.argument, scope)));
    else if (node.type === 'KeywordArgumentExpression') {
      named.set(String(node.key.value), evaluate(node.value as Node, scope));
    } else positional.push(evaluate(node, scope));
  }
  return { positional, named };
}
