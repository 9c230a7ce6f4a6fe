// What an expression is, given the variables around it.
import { calculate, signed, whole } from './arithmetic.ts';
import { attribute, item, slice } from './attributes.ts';
import { TemplateRunError } from './errors.ts';
import { applyFilter } from './filters.ts';
import type { Arguments, Expression } from './nodes.ts';
import { holds, isTrue, iterate } from './operators.ts';
import { textOf } from './pythonText.ts';
import type { Scope } from './scope.ts';
import { applyTest } from './tests.ts';
import {
  type CallArguments,
  Callable,
  Dict,
  Float,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** The value of an expression. Throws TemplateRunError and TemplateRefusal. */
export function evaluate(node: Expression, scope: Scope): Value {
  const value = (one: Expression) => evaluate(one, scope);
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'integer':
      return whole(Number(node.text.replaceAll('_', '')));
    case 'float':
      return new Float(Number(node.text.replaceAll('_', '')));
    case 'name':
      return scope.get(node.name);
    case 'list':
      return node.items.map(value);
    case 'tuple':
      return new Tuple(node.items.map(value));
    case 'concat':
      return node.items.map(value).map(textOf).join('');
    case 'dict':
      return new Dict(node.pairs.map(([key, one]) => [value(key), value(one)] as const));
    case 'attribute':
      return attribute(value(node.of), node.name);
    case 'item': {
      const of = value(node.of);
      if (node.key.kind !== 'slice') return item(of, value(node.key));
      const bounds = node.key.parts.map((part) => (part === undefined ? null : value(part)));
      return slice(of, bounds);
    }
    case 'slice':
      throw new TemplateRunError('A slice among several keys is not supported');
    case 'call':
      return call(value(node.callee), evaluateArguments(node.args, scope));
    case 'filter': {
      if (node.of === undefined) throw new TemplateRunError('A filter needs a value');
      return applyFilter(node.name, value(node.of), evaluateArguments(node.args, scope));
    }
    case 'test':
      return applyTest(node.name, value(node.of), evaluateArguments(node.args, scope));
    case 'not':
      return !isTrue(value(node.of));
    case 'minus':
      return signed(value(node.of), -1);
    case 'plus':
      return signed(value(node.of), 1);
    case 'and': {
      const left = value(node.left);
      return isTrue(left) ? value(node.right) : left;
    }
    case 'or': {
      const left = value(node.left);
      return isTrue(left) ? left : value(node.right);
    }
    case 'binary':
      return calculate(node.operator, value(node.left), value(node.right));
    case 'compare': {
      let left = value(node.first);
      for (const [operator, one] of node.rest) {
        const right = value(one);
        if (!holds(operator, left, right)) return false;
        left = right;
      }
      return true;
    }
    case 'condition':
      if (isTrue(value(node.test))) return value(node.yes);
      return node.no === undefined
        ? new Undefined('the condition was false and there is no else')
        : value(node.no);
  }
}

/** Calls a function. */
export function call(callee: Value, given: CallArguments): Value {
  if (callee instanceof Undefined) throw callee.error();
  if (callee instanceof Callable) return callee.call(given);
  throw new TemplateRunError(`'${typeName(callee)}' object is not callable`);
}

/** What a call is given, in the order in which it is written. */
export function evaluateArguments(args: Arguments, scope: Scope): CallArguments {
  const plain = args.plain.map((one) => evaluate(one, scope));
  const named = new Map(args.named.map(([name, one]) => [name, evaluate(one, scope)] as const));
  if (args.spread !== undefined) plain.push(...iterate(evaluate(args.spread, scope)));
  if (args.spreadNamed !== undefined) {
    const more = evaluate(args.spreadNamed, scope);
    if (!(more instanceof Dict)) throw new TemplateRunError('argument after ** must be a mapping');
    for (const [key, value] of more.pairs()) {
      if (typeof key !== 'string') throw new TemplateRunError('keywords must be strings');
      if (named.has(key)) throw new TemplateRunError(`got multiple values for keyword argument '${key}'`);
      named.set(key, value);
    }
  }
  return { plain, named };
}
