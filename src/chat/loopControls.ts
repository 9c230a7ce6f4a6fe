// `break` and `continue` as Jinja means them: what a round has written before them stays. The Jinja library
// throws that text away, which would leave messages out of a prompt. So loops that use them are changed, in
// the parsed template, into loops that remember to skip: `continue` sets a variable, and what stands behind it
// is done only while that is not set; `break` sets another, which ends the loop when the next round begins.
// The variables live in the loop's own scope and have names that no template can spell.

interface Statement {
  readonly type: string;
}

interface If extends Statement {
  readonly test: unknown;
  readonly body: readonly Statement[];
  readonly alternate: readonly Statement[];
}

interface For extends Statement {
  body: readonly Statement[];
}

const SKIPPING = '%skipping';
const LEAVING = '%leaving';

const name = (value: string) => ({ type: 'Identifier', value });
const set = (variable: string, to: 'true' | 'false') => {
  return { type: 'Set', assignee: name(variable), value: name(to), body: [] };
};
const when = (variable: string, body: readonly Statement[], alternate: readonly Statement[]): If => {
  return { type: 'If', test: name(variable), body, alternate };
};

/** Changes the loops in a parsed template, in place. */
export function rewriteLoopControls(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const child of Object.values(node)) rewriteLoopControls(child);
  if (!isFor(node) || !node.body.some(hasControl)) return;
  node.body = [when(LEAVING, [{ type: 'Break' }], []), set(SKIPPING, 'false'), ...guarded(node.body)];
}

/** The statements without controls: what may be skipped is asked about. */
function guarded(statements: readonly Statement[]): Statement[] {
  const at = statements.findIndex(hasControl);
  if (at < 0) return [...statements];
  const before = statements.slice(0, at);
  const control = statements[at];
  if (control.type === 'Continue') return [...before, set(SKIPPING, 'true')];
  if (control.type === 'Break') return [...before, set(LEAVING, 'true'), set(SKIPPING, 'true')];
  const { body, alternate, ...rest } = control as If;
  const changed = { ...rest, body: guarded(body), alternate: guarded(alternate) };
  return [...before, changed, when(SKIPPING, [], guarded(statements.slice(at + 1)))];
}

/** Whether a statement may break or continue the loop that it stands in; inner loops keep theirs. */
function hasControl(statement: Statement): boolean {
  if (statement.type === 'Break' || statement.type === 'Continue') return true;
  if (statement.type !== 'If') return false;
  const { body, alternate } = statement as If;
  return body.some(hasControl) || alternate.some(hasControl);
}

function isFor(node: object): node is For {
  return (node as Partial<Statement>).type === 'For';
}
