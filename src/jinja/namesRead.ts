// The names that a part of a template reads, wherever in it they stand.

/** Every name that is read in a node and below. */
export function namesRead(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof node !== 'object' || node === null) return found;
  const { kind, name } = node as { kind?: unknown; name?: unknown };
  if (kind === 'name' && typeof name === 'string') found.add(name);
  for (const child of Object.values(node)) namesRead(child, found);
  return found;
}
