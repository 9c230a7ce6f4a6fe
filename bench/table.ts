// How are results shown? As Markdown tables on the terminal, and with `--json FILE` as one JSON object that
// also names the machine, so that figures of different days can be told apart.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';

export type Cell = string | number;

interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Collects tables and prints each at once. */
export class Report {
  private readonly tables: Table[] = [];
  private readonly notes: string[] = [];
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
    console.log(`# ${name}\n\n${machine()}\n`);
  }

  table(title: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
    this.tables.push({ title, columns, rows });
    const lines = [columns, columns.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
    console.log(`**${title}**\n`);
    for (const cells of lines) console.log(`| ${cells.map(shown).join(' | ')} |`);
    console.log('');
  }

  /** A sentence under the tables. */
  note(text: string): void {
    this.notes.push(text);
    console.log(`${text}\n`);
  }

  /** Writes everything as JSON, if a file was asked for. */
  async save(file: string | undefined): Promise<void> {
    if (file === undefined) return;
    const { name, tables, notes } = this;
    await writeFile(file, `${JSON.stringify({ name, machine: machine(), tables, notes }, null, 2)}\n`);
  }
}

/** Numbers with three digits that count; text as it is. */
export function shown(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  if (!Number.isFinite(cell) || Number.isInteger(cell)) return String(cell);
  return cell.toFixed(Math.abs(cell) >= 100 ? 0 : Math.abs(cell) >= 10 ? 1 : 2);
}

function machine(): string {
  const { length, 0: first } = cpus();
  return `${first?.model.trim() ?? 'unknown processor'}, ${length} cores, Node ${process.version}`;
}
