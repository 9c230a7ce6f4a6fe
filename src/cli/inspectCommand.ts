// `treekv inspect`: what a model is, and what its cache would take, full and bounded, at any length. It reads
// headers only; the engine is not loaded.
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { bytesPerToken } from '../cache/index.ts';
import type { ModelFacts } from '../model/index.ts';
import { planCache } from '../policies/index.ts';
import { cacheSizes } from './cacheSizes.ts';
import type { CommandContext } from './commandContext.ts';
import { downloadDisplay } from './downloadDisplay.ts';
import { parseLength, parseLengths } from './parseOption.ts';
import {
  addHubOptions,
  addOutputOptions,
  type HubFlags,
  hubOptions,
  modelWords,
  type OutputFlags,
} from './sharedOptions.ts';
import { answer, answerJson } from './terminal.ts';
import { formatBytes, formatCount, textTable } from './textTable.ts';

interface Flags extends HubFlags, OutputFlags {
  readonly context: readonly number[];
  readonly budget: number;
}

/** The command `inspect`. */
export function inspectCommand(context: CommandContext): Command {
  const command = new Command('inspect')
    .summary('what a model is, and what its cache would take')
    .description(
      'Shows what a model is, and the bytes of its key-value cache at any length: full, which grows with the ' +
        'text, and bounded, which does not. Nothing is loaded; a model on a hub is downloaded if it is not at hand.',
    )
    .argument('[model]', modelWords)
    .addOption(
      new Option('--context <lengths>', 'lengths in tokens; k = 1024, m = 1024 k')
        .argParser(parseLengths)
        .default([4096, 65_536, 1_000_000], '4096,65536,1000000'),
    )
    .option('--budget <n>', 'entries that the bounded cache keeps per KV head and layer', parseLength, 1024);
  addOutputOptions(addHubOptions(command)).addHelpText(
    'after',
    '\nExample:\n  treekv inspect ./Llama-3.2-1B --context 8k,128k,1m --budget 4096',
  );
  return command.action((model: string | undefined, flags: Flags) => run(model, flags, context.signal));
}

async function run(model: string | undefined, flags: Flags, signal: AbortSignal): Promise<void> {
  const { context, budget, json } = flags;
  const { describeModel, resolveModel } = await import('../model/index.ts');
  // The same check as a run's: a budget that no cache could have has no size.
  const plan = await planCache({ budget });
  const display = downloadDisplay(json === true);
  const path = await resolveModel(model, {
    ...hubOptions(flags),
    signal,
    progress_callback: display.show,
  }).finally(display.stop);
  const described = await describeModel(path);
  // a folder of the hub's cache is called by a commit
  const ofHub = model !== undefined && resolve(model) !== path;
  const facts = ofHub ? { ...described, name: model } : described;
  const sizes = cacheSizes(facts.config, context, budget);
  if (json) {
    answerJson({ ...facts, bytesPerToken: bytesPerToken(facts.config), cache: plan, sizes });
    return;
  }
  const rows = sizes.map(({ tokens, fullBytes, boundedBytes }) => [
    formatCount(tokens),
    formatBytes(fullBytes),
    formatBytes(boundedBytes),
    `${formatRatio(fullBytes / boundedBytes)} x`,
  ]);
  answer(
    `${modelLines(facts)}\n\n` +
      `Cache of keys and values in float32, ${formatBytes(bytesPerToken(facts.config))} per token:\n\n` +
      `${textTable([['tokens read', 'full', `bounded to ${formatCount(budget)}`, 'smaller by'], ...rows])}\n`,
  );
}

function modelLines({ name, config, parameters, held, packed, files, fileBytes }: ModelFacts): string {
  const { layers, queryHeads, kvHeads, headDim, vocabSize, maxPositions, hiddenSize } = config;
  const weights = `${held.join(', ')}${packed ? ' (packed by treekv)' : ''}`;
  const where = files.length === 1 ? files[0] : `${files.length} files`;
  const lines: readonly (readonly [string, string])[] = [
    ['model', name],
    ['architecture', config.architecture],
    ['parameters', `${formatCount(parameters)} (${formatMillions(parameters)})`],
    ['weights held', `${weights}, ${formatBytes(fileBytes)} in ${where}`],
    ['layers', `${layers}, ${formatCount(hiddenSize)} wide`],
    ['heads', `${queryHeads} query heads share ${kvHeads} KV heads of ${headDim} numbers`],
    ['vocabulary', `${formatCount(vocabSize)} tokens`],
    ['trained context', `${formatCount(maxPositions)} tokens`],
  ];
  return lines.map(([what, value]) => `${what.padEnd(17)}${value}`).join('\n');
}

function formatMillions(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} million` : `${(count / 1e9).toFixed(2)} billion`;
}

function formatRatio(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(1) : formatCount(Math.round(ratio));
}
