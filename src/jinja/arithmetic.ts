// Python's arithmetic: whole numbers stay whole, a remainder has the divisor's sign, + joins and * repeats. A whole
// number that JavaScript could not tell from its neighbours is refused.
import { notHere, TemplateRunError } from './errors.ts';
import { numberOf } from './operators.ts';
import { percentFormat } from './percentFormat.ts';
import { Float, isList, Tuple, typeName, Undefined, type Value, View } from './values.ts';

/** What an operator with two sides gives. Throws TemplateRunError. */
export function calculate(operator: string, left: Value, right: Value): Value {
  if (operator === '%' && typeof left === 'string') return percentFormat(left, right);
  if (left instanceof View || right instanceof View) throw notHere(`${operator} for the items of a dict`);
  for (const value of [left, right]) if (value instanceof Undefined) throw value.error();
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined && b !== undefined) {
    return number(operator, a, b, left instanceof Float || right instanceof Float);
  }
  const joined = operator === '+' ? join(left, right) : operator === '*' ? repeat(left, right) : undefined;
  if (joined !== undefined) return joined;
  throw new TemplateRunError(
    `unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`,
  );
}

/** Minus a number, or a number itself. */
export function signed(value: Value, sign: 1 | -1): Value {
  if (value instanceof Undefined) throw value.error();
  const number = numberOf(value);
  if (number === undefined)
    throw new TemplateRunError(`bad operand type for unary sign: '${typeName(value)}'`);
  if (value instanceof Float) return new Float(sign * number);
  return sign * number + 0;
}

/** A whole number. Throws TemplateRunError beyond 2^53. */
export function whole(value: number): number {
  if (Number.isSafeInteger(value)) return value + 0;
  throw new TemplateRunError(`A whole number beyond 2^53 (${value}) is not supported`);
}

function number(operator: string, a: number, b: number, float: boolean): Value {
  const wrap = (value: number): Value => (float ? new Float(value) : whole(value));
  if (b === 0 && ['/', '//', '%'].includes(operator)) throw new TemplateRunError('division by zero');
  switch (operator) {
    case '+':
      return wrap(a + b);
    case '-':
      return wrap(a - b);
    case '*':
      return wrap(a * b);
    case '/':
      return new Float(a / b);
    case '//':
      return wrap(float ? floorDivide(a, b) : Math.floor((a - modulo(a, b)) / b));
    case '%':
      return wrap(modulo(a, b));
    default:
      return power(a, b, float);
  }
}

function power(a: number, b: number, float: boolean): Value {
  // the last digit of other powers differs between JavaScript and Python
  if (float || b < 0) throw notHere('A power that is no whole number');
  return whole(a ** b);
}

/** The remainder, with the divisor's sign. */
export function modulo(a: number, b: number): number {
  const rest = a % b;
  if (rest !== 0 && rest < 0 !== b < 0) return rest + b;
  return rest === 0 ? (b < 0 ? -0 : 0) : rest;
}

function floorDivide(a: number, b: number): number {
  const found = (a - modulo(a, b)) / b;
  if (found === 0) return 1 / (a / b) < 0 || a / b < 0 ? -0 : 0;
  const floor = Math.floor(found);
  return found - floor > 0.5 ? floor + 1 : floor;
}

function join(left: Value, right: Value): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (isList(left) && isList(right)) return [...left, ...right];
  if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items]);
  return undefined;
}

function repeat(left: Value, right: Value): Value | undefined {
  const turned = typeof left === 'number' || typeof left === 'boolean';
  const [what, times] = turned ? [right, Number(left)] : [left, right];
  if (typeof times !== 'number' && typeof times !== 'boolean') return undefined;
  const count = Math.max(0, Number(times));
  if (typeof what === 'string') return what.repeat(count);
  const items = isList(what) ? what : what instanceof Tuple ? what.items : undefined;
  if (items === undefined) return undefined;
  if (items.length * count > 1_000_000)
    throw new TemplateRunError('A list of more than a million is not supported');
  const repeated = Array.from({ length: count }, () => items).flat();
  return isList(what) ? repeated : new Tuple(repeated);
}
