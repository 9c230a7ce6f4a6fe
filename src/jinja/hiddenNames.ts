// Which names a scope hides. jinja2 decides before a template runs where each of its names lives: one that a scope sets
// on every way through it, before it reads it, is the scope's own from its beginning and undefined until then, even if
// the variables that the template was given have it too. One that it sets on some ways only is looked for outside.
import type { Body, MacroNode, Statement, Target } from './nodes.ts';

/** Fills in `hidden` of a template's body and of all bodies in it. */
export function hideNames(body: Body): void {
  visitBody(body, new Names());
}

/** What is known of the names of one scope. */
class Names {
  readonly around: Names | undefined;
  private known = new Map<string, 'outside' | 'hidden' | 'given'>();
  private stored = new Set<string>();

  constructor(around?: Names) {
    this.around = around;
  }

  get hidden(): string[] {
    return [...this.known].filter(([, where]) => where === 'hidden').map(([name]) => name);
  }

  give(name: string): void {
    this.stored.add(name);
    this.known.set(name, 'given');
  }

  read(names: Iterable<string>): void {
    for (const name of names) if (!this.knows(name)) this.known.set(name, 'outside');
  }

  store(name: string): void {
    this.stored.add(name);
    if (!this.known.has(name)) this.known.set(name, this.around?.knows(name) ? 'outside' : 'hidden');
  }

  /** Goes through statements of which only one list is run. */
  branch(lists: readonly (readonly Statement[])[]): void {
    const branches = lists.map((statements) => {
      const branch = new Names(this.around);
      branch.known = new Map(this.known);
      branch.stored = new Set(this.stored);
      visitStatements(statements, branch);
      return branch;
    });
    for (const { known, stored } of branches) {
      const fresh = [...stored].filter((name) => !this.stored.has(name));
      for (const [name, where] of known) this.known.set(name, fresh.includes(name) ? 'outside' : where);
    }
    for (const { stored } of branches) for (const name of stored) this.stored.add(name);
  }

  private knows(name: string): boolean {
    return this.known.has(name) || (this.around?.knows(name) ?? false);
  }
}

function visitBody(body: Body, names: Names): void {
  visitStatements(body.statements, names);
  body.hidden.push(...names.hidden);
  // the scopes within see all that this one stores, before or behind them
  for (const statement of body.statements) visitInner(statement, names);
}

function visitStatements(statements: readonly Statement[], names: Names): void {
  for (const statement of statements) visitOne(statement, names);
}

function visitOne(statement: Statement, names: Names): void {
  switch (statement.kind) {
    case 'output':
      names.read(namesRead(statement.value));
      break;
    case 'if': {
      // what comes behind `elif` is itself a branch
      const [[test, then], ...others] = statement.branches;
      names.read(namesRead(test));
      const rest = others.length === 0 ? statement.otherwise : [{ ...statement, branches: others }];
      names.branch([then, rest]);
      break;
    }
    case 'for':
      names.read(namesRead(statement.over));
      break;
    case 'set':
      names.read(namesRead(statement.value));
      store(statement.target, names);
      break;
    case 'setBlock':
      store(statement.target, names);
      break;
    case 'with':
      names.read(statement.pairs.flatMap(([, value]) => [...namesRead(value)]));
      break;
    case 'filterBlock':
      names.read(namesRead(statement.filter));
      break;
    case 'macro':
      names.store(statement.macro.name);
      break;
    case 'callBlock':
      names.read(namesRead(statement.call));
  }
}

function visitInner(statement: Statement, names: Names): void {
  switch (statement.kind) {
    case 'if':
      for (const [, then] of statement.branches) for (const one of then) visitInner(one, names);
      for (const one of statement.otherwise) visitInner(one, names);
      break;
    case 'for': {
      const round = new Names(names);
      for (const name of ['loop', ...targetNames(statement.target)]) round.give(name);
      visitBody(statement.body, round);
      visitBody(statement.otherwise, new Names(names));
      break;
    }
    case 'with': {
      const own = new Names(names);
      for (const [target] of statement.pairs) for (const name of targetNames(target)) own.give(name);
      visitBody(statement.body, own);
      break;
    }
    case 'setBlock':
    case 'filterBlock':
    case 'generation':
      visitBody(statement.body, new Names(names));
      break;
    case 'macro':
    case 'callBlock':
      visitMacro(statement.macro, new Names(names));
  }
}

function visitMacro({ parameters, reads, body }: MacroNode, names: Names): void {
  for (const name of [...parameters.map((one) => one.name), ...reads]) names.give(name);
  for (const { default: value } of parameters) names.read(namesRead(value));
  visitBody(body, names);
}

function store(target: Target, names: Names): void {
  if (target.kind === 'field') names.read([target.namespace]);
  else for (const name of targetNames(target)) names.store(name);
}

function targetNames(target: Target): string[] {
  if (target.kind === 'name') return [target.name];
  return target.kind === 'targets' ? target.items.flatMap(targetNames) : [];
}

/** Every name that is read in a node and below. */
export function namesRead(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found;
  const { kind, name } = node as { kind?: unknown; name?: unknown };
  if (kind === 'name' && typeof name === 'string') found.add(name);
  for (const child of Object.values(node)) namesRead(child, found);
  return found;
}
