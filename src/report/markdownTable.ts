// A Markdown table. It lays out what it is given: which numbers, and how many digits, is the caller's.

/** How a column's cells stand. */
export type Align = 'left' | 'right';

/**
 * The table, without a line break at its end.
 * @param align per column. @default the first column left, the others right
 */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[] = header.map((_, column) => (column === 0 ? 'left' : 'right')),
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(oneCell).join(' | ')} |`;
  const rule = `| ${header.map((_, column) => (align[column] === 'right' ? '---:' : '---')).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** A bar would begin a new cell, a line break a new row. */
function oneCell(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
