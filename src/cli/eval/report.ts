// Where a result goes: a table or the JSON document to stdout, and with --output the same beside the result file
// as Markdown, and its plots. The result file itself is written by the run, unit by unit.
import type { Result, Unit } from '../../report/index.ts';
import { answer, answerJson, note } from '../terminal.ts';
import type { OutputClaim } from './claimOutput.ts';
import type { ResultFlags } from './evalOptions.ts';

/** Answers, and writes the files. Throws WRITE_FAILED, BAD_OPTION for files of others, or UNSUPPORTED where what draws is not installed. */
export async function report<Protocol, U extends Unit, Summary>(
  result: Result<Protocol, U, Summary>,
  { json, output }: ResultFlags,
  claim: OutputClaim,
): Promise<void> {
  const { resultFile } = await import('../../report/index.ts');
  await showResult(result, { json, output }, claim, output === undefined ? [] : [resultFile(output)]);
}

/** The same for a result that was written before. @param before files that are written, to be named too. */
export async function showResult<Protocol, U extends Unit, Summary>(
  result: Result<Protocol, U, Summary>,
  { json, output }: Pick<ResultFlags, 'json' | 'output'>,
  claim: OutputClaim,
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
  const pictures = Object.entries(plots()).map(([suffix, picture]) => {
    const name = suffix === '' ? stem : `${stem}-${suffix}`;
    return { picture, files: { svg: `${name}.svg`, png: `${name}.png` } };
  });
  // Of a run that has just ended: it must not be run again for a picture.
  const kept = before.map(
    (file) => `The result is in ${file}; treekv eval show ${file} --output NAME draws it.`,
  );
  await claim.require([`${stem}.md`, ...pictures.flatMap(({ files }) => Object.values(files))], kept[0]);
  await writeWhole(`${stem}.md`, `${table}\n`);
  for (const { picture, files } of pictures) {
    const svg = await renderSvg(picture);
    await writeWhole(files.svg, svg);
    await writeWhole(files.png, await renderPng(svg));
    written.push(files.svg, files.png);
  }
  note(`wrote ${written.join(', ')}\n`);
}
