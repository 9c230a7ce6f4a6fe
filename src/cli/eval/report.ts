// Where a result goes: a table or the JSON document to stdout, and with --output the same beside the result file
// as Markdown, and its plots. The result file itself is written by the run, unit by unit.
import type { Result, Unit } from '../../report/index.ts';
import { answer, answerJson, note } from '../terminal.ts';
import type { ResultFlags } from './evalOptions.ts';

/** Answers, and writes the files. Throws WRITE_FAILED, or UNSUPPORTED where what draws is not installed. */
export async function report<Protocol, U extends Unit, Summary>(
  result: Result<Protocol, U, Summary>,
  { json, output }: ResultFlags,
): Promise<void> {
  const { resultFile } = await import('../../report/index.ts');
  await showResult(result, { json, output }, output === undefined ? [] : [resultFile(output)]);
}

/** The same for a result that was written before. @param before files that are written, to be named too. */
export async function showResult<Protocol, U extends Unit, Summary>(
  result: Result<Protocol, U, Summary>,
  { json, output }: Pick<ResultFlags, 'json' | 'output'>,
  before: readonly string[] = [],
): Promise<void> {
  const { resultFaces } = await import('../../evaluation/index.ts');
  const { outputStem, renderPng, renderSvg, writeWhole } = await import('../../report/index.ts');
  const { table, plots } = resultFaces(result);
  if (json) answerJson(result);
  else answer(`${table}\n`);
  if (output === undefined) return;
  const stem = outputStem(output);
  const written = [...before, `${stem}.md`];
  await writeWhole(`${stem}.md`, `${table}\n`);
  for (const [suffix, picture] of Object.entries(plots())) {
    const name = suffix === '' ? stem : `${stem}-${suffix}`;
    const svg = await renderSvg(picture);
    await writeWhole(`${name}.svg`, svg);
    await writeWhole(`${name}.png`, await renderPng(svg));
    written.push(`${name}.svg`, `${name}.png`);
  }
  note(`wrote ${written.join(', ')}\n`);
}
