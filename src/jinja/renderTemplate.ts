// A parsed template, run: its statements in order, each adding to the text that it stands in.
import { TemplateRunError } from './errors.ts';
import { call, evaluate, evaluateArguments } from './evaluate.ts';
import { applyFilter } from './filters.ts';
import { LoopState } from './loopState.ts';
import type { Body, Expression, Filter, MacroNode, Statement, Target } from './nodes.ts';
import { isTrue, iterate } from './operators.ts';
import { textOf } from './pythonText.ts';
import { Scope } from './scope.ts';
import { type CallArguments, Callable, Dict, Namespace, Tuple, Undefined, type Value } from './values.ts';

type For = Extract<Statement, { kind: 'for' }>;
/** How a statement ended: on to the next one, or out of the loop's round, or out of the loop. */
type End = undefined | 'continue' | 'break';

/** The text of a body, in a scope made for it. Throws TemplateRunError and TemplateRefusal. */
export function renderBody(body: Body, scope: Scope): string {
  const text = new Text();
  text.run(body.statements, scope);
  return text.written;
}

/** A text in the making. */
class Text {
  written = '';

  /** Runs statements until one leaves the loop around them. */
  run(statements: readonly Statement[], scope: Scope): End {
    for (const statement of statements) {
      const end = this.runOne(statement, scope);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  private runOne(statement: Statement, scope: Scope): End {
    switch (statement.kind) {
      case 'text':
        this.written += statement.text;
        return undefined;
      case 'output':
        this.written += textOf(evaluate(statement.value, scope));
        return undefined;
      case 'if': {
        const found = statement.branches.find(([test]) => isTrue(evaluate(test, scope)));
        return this.run(found === undefined ? statement.otherwise : found[1], scope);
      }
      case 'for':
        return this.loop(statement, scope);
      case 'set':
        assign(statement.target, evaluate(statement.value, scope), scope);
        return undefined;
      case 'break':
      case 'continue':
        return statement.kind;
      case 'macro':
        scope.set(statement.macro.name, macro(statement.macro, scope));
        return undefined;
      case 'callBlock': {
        const given = evaluateArguments(statement.call.args, scope);
        const named = new Map([...given.named, ['caller', macro(statement.macro, scope)] as const]);
        this.written += textOf(call(evaluate(statement.call.callee, scope), { ...given, named }));
        return undefined;
      }
      default:
        return this.block(statement, scope);
    }
  }

  private block(statement: Block, scope: Scope): End {
    const own = new Scope(scope, statement.body.hidden);
    if (statement.kind === 'with') {
      for (const [target, value] of statement.pairs) assign(target, evaluate(value, scope), own);
      return this.run(statement.body.statements, own);
    }
    const inner = new Text();
    const end = inner.run(statement.body.statements, own);
    // a block that leaves the loop around it is not written
    if (end !== undefined) return end;
    const { written } = inner;
    switch (statement.kind) {
      case 'generation':
        this.written += written;
        return undefined;
      case 'filterBlock':
        this.written += textOf(filtered(statement.filter, written, scope));
        return undefined;
      case 'setBlock':
        assign(
          statement.target,
          statement.filter === undefined ? written : filtered(statement.filter, written, scope),
          scope,
        );
        return undefined;
    }
  }

  private loop(statement: For, scope: Scope): End {
    const over = evaluate(statement.over, scope);
    const { test } = statement;
    const items = iterate(over);
    const state = new LoopState(
      test === undefined ? items : passing(items, statement.target, test, scope),
      test === undefined ? over : undefined,
    );
    let ran = false;
    for (let next = state.next(); !next.done; next = state.next()) {
      ran = true;
      const round = new Scope(scope, statement.body.hidden);
      round.set('loop', state);
      assign(statement.target, next.value, round);
      if (this.run(statement.body.statements, round) === 'break') break;
    }
    return ran
      ? undefined
      : this.run(statement.otherwise.statements, new Scope(scope, statement.otherwise.hidden));
  }
}

type Block = Extract<Statement, { kind: 'with' | 'generation' | 'filterBlock' | 'setBlock' }>;

function* passing(items: Iterable<Value>, target: Target, test: Expression, scope: Scope): Iterable<Value> {
  for (const one of items) {
    const own = new Scope(scope);
    assign(target, one, own);
    if (isTrue(evaluate(test, own))) yield one;
  }
}

function filtered({ of, name, args }: Filter, text: string, scope: Scope): Value {
  const value =
    of === undefined ? text : of.kind === 'filter' ? filtered(of, text, scope) : evaluate(of, scope);
  return applyFilter(name, value, evaluateArguments(args, scope));
}

function assign(target: Target, value: Value, scope: Scope): void {
  switch (target.kind) {
    case 'name':
      scope.set(target.name, value);
      return;
    case 'field': {
      const namespace = scope.get(target.namespace);
      if (!(namespace instanceof Namespace)) {
        throw new TemplateRunError('cannot assign attribute on non-namespace object');
      }
      namespace.fields.set(target.name, value);
      return;
    }
    case 'targets': {
      const values = [...iterate(value)];
      if (values.length !== target.items.length) {
        throw new TemplateRunError(
          `${target.items.length} values are needed to unpack, not ${values.length}`,
        );
      }
      for (const [i, one] of target.items.entries()) assign(one, values[i], scope);
    }
  }
}

/** A macro as a function. Its variables are those of where it stands. */
function macro({ name, parameters, body, reads }: MacroNode, around: Scope): Callable {
  return new Callable(name, ({ plain, named }: CallArguments) => {
    const scope = new Scope(around, body.hidden);
    const rest = new Map(named);
    for (const [i, parameter] of parameters.entries()) {
      const given = plain[i] === undefined ? rest.get(parameter.name) : plain[i];
      if (i >= plain.length) rest.delete(parameter.name);
      const missing = new Undefined(`parameter '${parameter.name}' was not provided`);
      const otherwise = () =>
        parameter.default === undefined ? missing : evaluate(parameter.default, scope);
      scope.set(parameter.name, given === undefined ? otherwise() : given);
    }
    if (reads.has('caller') && !parameters.some((one) => one.name === 'caller')) {
      scope.set('caller', rest.get('caller') ?? new Undefined('No caller defined'));
      rest.delete('caller');
    }
    if (reads.has('kwargs')) scope.set('kwargs', new Dict(rest));
    else if (rest.size > 0)
      throw new TemplateRunError(`macro '${name}' takes no keyword argument '${[...rest.keys()][0]}'`);
    if (reads.has('varargs')) scope.set('varargs', new Tuple(plain.slice(parameters.length)));
    else if (plain.length > parameters.length) {
      throw new TemplateRunError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
    }
    return renderBody(body, scope);
  });
}
