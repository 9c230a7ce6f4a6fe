// Where a result goes: a table or the JSON document to stdout, and with --output the same beside the result file
// as Markdown, and its plots. The result file itself is written by the run, unit by unit.
import type { Picture, Result, Unit } from '../../report/index.ts';
import { answer, answerJson, note } from '../terminal.ts';
import type { ResultFlags } from './evalOptions.ts';

/** A result's two faces for people. */
export interface Faces {
  /** Markdown. */
  readonly table: string;
  /** Pictures by what stands behind the output's name; '' for the main one. */
  readonly plots?: Readonly<Record<string, Picture>>;
}

/** Answers, and writes the files. Throws WRITE_FAILED, or UNSUPPORTED where what draws is not installed. */
export async function report<Protocol, U extends Unit, Summary>(
  result: Result<Protocol, U, Summary>,
  faces: Faces,
  { json, output }: ResultFlags,
): Promise<void> {
  if (json) answerJson(result);
  else answer(`${faces.table}\n`);
  if (output === undefined) return;
  const { outputStem, resultFile } = await import('../../report/index.ts');
  await writeFaces(outputStem(output), faces, [resultFile(output)]);
}

/** Writes a table and its plots. @param before files that were written already, to be named too. */
export async function writeFaces(
  stem: string,
  { table, plots = {} }: Faces,
  before: readonly string[] = [],
): Promise<void> {
  const { renderPng, renderSvg, writeWhole } = await import('../../report/index.ts');
  const written = [...before, `${stem}.md`];
  await writeWhole(`${stem}.md`, `${table}\n`);
  for (const [suffix, picture] of Object.entries(plots)) {
    const name = suffix === '' ? stem : `${stem}-${suffix}`;
    const svg = await renderSvg(picture);
    await writeWhole(`${name}.svg`, svg);
    await writeWhole(`${name}.png`, await renderPng(svg));
    written.push(`${name}.svg`, `${name}.png`);
  }
  note(`wrote ${written.join(', ')}\n`);
}
