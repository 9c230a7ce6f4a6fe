// Python's str.strip takes the characters to strip, and templates use it (`content.lstrip('\n')`); the Jinja
// library takes no notice of them and strips all white space. So calls with an argument are changed, in the
// parsed template, into calls of the functions below.

/** Calls of these methods with an argument become calls of `stripName(method)`. */
export const stripMethods = ['strip', 'lstrip', 'rstrip'] as const;

type StripMethod = (typeof stripMethods)[number];

/** The function's name in templates: one that no template can spell. */
export function stripName(method: StripMethod): string {
  return `%${method}`;
}

/** `text` without the characters of `characters` at its beginning, end, or both. */
export function stripCharacters(method: StripMethod, text: unknown, characters: unknown): string {
  if (typeof text !== 'string' || typeof characters !== 'string') {
    throw new TypeError(`${method}() is for a text, and takes the characters to strip`);
  }
  const among = new Set(characters);
  const letters = [...text];
  let start = 0;
  let end = letters.length;
  if (method !== 'rstrip') while (start < end && among.has(letters[start])) start++;
  if (method !== 'lstrip') while (end > start && among.has(letters[end - 1])) end--;
  return letters.slice(start, end).join('');
}

interface Call {
  callee: { type: string; value?: unknown; object?: unknown; property?: { type: string; value?: unknown } };
  args: unknown[];
}

/** Changes the calls in a parsed template, in place. */
export function rewriteStripCalls(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  for (const child of Object.values(node)) rewriteStripCalls(child);
  if ((node as { type?: unknown }).type !== 'CallExpression') return;
  const call = node as Call;
  const { type, object, property } = call.callee;
  const method = stripMethods.find((name) => name === property?.value);
  if (type !== 'MemberExpression' || method === undefined || call.args.length === 0) return;
  call.callee = { type: 'Identifier', value: stripName(method) };
  call.args = [object, ...call.args];
}
