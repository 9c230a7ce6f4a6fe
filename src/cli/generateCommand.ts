// `treekv generate`: continues a prompt. The text goes to stdout as it is written, and nothing else does.
import { Command } from 'commander';
import { TreekvError } from '../core/index.ts';
import type { GenerateOptions, GenerationStatistics } from '../generation/index.ts';
import type { CacheOptions } from '../policies/index.ts';
import type { CommandContext } from './commandContext.ts';
import { loadModel } from './loadModel.ts';
import { collect, parseInteger, parseLength, parseNumber } from './parseOption.ts';
import { readStdin, readTextFile } from './readText.ts';
import { addModelOptions, addOutputOptions, type ModelFlags, type OutputFlags } from './sharedOptions.ts';
import { answer, answerJson, note } from './terminal.ts';
import { formatBytes, formatCount } from './textTable.ts';

interface Flags extends ModelFlags, OutputFlags {
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly maxNewTokens?: number;
  readonly doSample?: true;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly policy?: string;
  readonly variant?: CacheOptions['variant'];
  readonly budget?: number;
  readonly sinks?: number;
  readonly recent?: number;
  readonly positions?: CacheOptions['positions'];
  readonly rule?: CacheOptions['rule'];
  readonly choice?: CacheOptions['choice'];
  readonly policySeed?: number;
  readonly prefillChunkSize?: number;
  readonly timing?: true;
}

/** The command `generate`. */
export function generateCommand(context: CommandContext): Command {
  const command = new Command('generate')
    .summary('continue a prompt')
    .description(
      'Continues a prompt of any length in a cache of fixed size. The prompt is an argument, --prompt, ' +
        '--prompt-file, or what is piped in.',
    )
    .argument('[prompt]', 'the text to continue');
  addModelOptions(
    command
      .optionsGroup('Prompt and model:')
      .option('-p, --prompt <text>', 'the text to continue')
      .option('--prompt-file <file>', 'a UTF-8 file with the text to continue'),
  )
    .optionsGroup('How to write:')
    .option('--max-new-tokens <n>', 'tokens to write at most (default: 256)', parseInteger)
    .option('--do-sample', 'draw each token at random instead of taking the likeliest')
    .option('--temperature <x>', 'above 1 wilder, below 1 tamer (default: 1)', parseNumber)
    .option('--top-k <n>', 'draw among the n likeliest tokens; 0 for all (default: 50)', parseInteger)
    .option('--top-p <x>', 'draw among the likeliest that together reach x (default: 1)', parseNumber)
    .option('--min-p <x>', 'drop tokens less likely than x times the likeliest (default: 0)', parseNumber)
    .option('--repetition-penalty <x>', 'above 1 avoids tokens that the text has (default: 1)', parseNumber)
    .option('--seed <n>', 'draw the same text again', parseInteger)
    .option('--stop <text>', 'stop before this text; may be given several times', collect)
    .optionsGroup('What the cache keeps:')
    .option(
      '--policy <name>',
      'treekv, full, streaming-llm, h2o, tova, random, or a module (default: treekv)',
    )
    .option('--variant <name>', "paper, or official: as the baseline's own authors run it (default: paper)")
    .option('--budget <n>', 'entries kept per KV head and layer (default: 1024)', parseLength)
    .option('--sinks <n>', 'first entries that always stay (default: 4)', parseInteger)
    .option('--recent <n>', 'last entries that always stay (default: budget / 2 - sinks)', parseInteger)
    .option('--positions <kind>', 'by-place or absolute (default: by-place)')
    .option('--rule <name>', 'treekv only: prose or printed (default: prose)')
    .option('--choice <name>', 'treekv only: score, keep-left or keep-right (default: score)')
    .option('--policy-seed <n>', 'random only: evict the same entries again (default: 0)', parseInteger)
    .option('--prefill-chunk-size <n>', 'tokens of the prompt read at once (default: 64)', parseInteger)
    .optionsGroup('Output:')
    .option('--timing', 'print speed and memory on stderr');
  addOutputOptions(command).addHelpText(
    'after',
    '\nExamples:\n' +
      '  treekv generate "It was a dark night, and" --do-sample --temperature 0.8\n' +
      '  treekv generate --prompt-file book.txt --budget 512 --timing',
  );
  return command.action((prompt: string | undefined, flags: Flags) => run(prompt, flags, context.signal));
}

async function run(argument: string | undefined, flags: Flags, signal: AbortSignal): Promise<void> {
  const options = generateOptions(flags);
  const { planGeneration } = await import('../generation/index.ts');
  // Checked before the prompt is awaited and the model loaded, which may take minutes.
  planGeneration(options);
  const prompt = await readPrompt(argument, flags, signal);
  const json = flags.json === true;
  const cache = cacheOptions(flags);
  const chunk = flags.prefillChunkSize;
  const model = await loadModel(
    flags,
    { cache, ...(chunk !== undefined && { prefill_chunk_size: chunk }), signal },
    json,
  );
  try {
    const stream = model.generate(prompt, { ...options, signal });
    let last = '\n';
    for await (const piece of stream) {
      if (!json) answer(piece);
      last = piece;
    }
    const { text, statistics } = await stream.result;
    if (json) answerJson({ text, statistics });
    else if (!last.endsWith('\n')) answer('\n');
    if (flags.timing) note(describe(statistics));
  } finally {
    await model.dispose();
  }
}

async function readPrompt(argument: string | undefined, flags: Flags, signal: AbortSignal): Promise<string> {
  const given = [argument, flags.prompt, flags.promptFile].filter((one) => one !== undefined);
  if (given.length > 1) {
    throw new TreekvError(
      'BAD_OPTION',
      'There are several prompts; give one: the argument, --prompt, or --prompt-file.',
    );
  }
  if (flags.promptFile !== undefined) return readTextFile(flags.promptFile);
  const prompt = argument ?? flags.prompt;
  if (prompt !== undefined) return prompt;
  if (!process.stdin.isTTY) return readStdin(signal);
  throw new TreekvError(
    'BAD_OPTION',
    'There is no prompt. Write it behind the command (treekv generate "Once upon a time"), name a file with ' +
      '--prompt-file, or pipe it in.',
  );
}

const samplingFlags = ['temperature', 'topK', 'topP', 'minP', 'seed'] as const;

/** The flags under the library's names; those that were not given are left out. */
function generateOptions(flags: Flags): GenerateOptions {
  const idle = samplingFlags.find((flag) => flags[flag] !== undefined && !flags.doSample);
  if (idle !== undefined) {
    const option = `--${idle.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
    const message = `${option} applies to sampling only; add --do-sample, or leave it out.`;
    throw new TreekvError('BAD_OPTION', message, { option });
  }
  return given({
    max_new_tokens: flags.maxNewTokens,
    do_sample: flags.doSample,
    temperature: flags.temperature,
    top_k: flags.topK,
    top_p: flags.topP,
    min_p: flags.minP,
    repetition_penalty: flags.repetitionPenalty,
    seed: flags.seed,
    stop: flags.stop,
  });
}

function cacheOptions(flags: Flags): CacheOptions {
  const { policy, variant, budget, sinks, recent, positions, rule, choice, policySeed: seed } = flags;
  return given({ policy, variant, budget, sinks, recent, positions, rule, choice, seed });
}

function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

function describe(statistics: GenerationStatistics): string {
  const { prompt_tokens: read, prefillMs, completion_tokens: written, tokensPerSecond, cache } = statistics;
  const rate = (1000 * read) / prefillMs;
  const limit = cache.budget === null ? 'all entries' : `at most ${formatCount(cache.budget)} entries`;
  const most = formatCount(Math.max(...statistics.entriesKept));
  return [
    `read    ${formatCount(read)} tokens in ${seconds(prefillMs)}${read > 1 ? ` (${rate.toFixed(0)} tokens/s)` : ''}`,
    `wrote   ${formatCount(written)} tokens in ${seconds(statistics.decodeMs)} (${tokensPerSecond.toFixed(0)} tokens/s)`,
    `cache   ${formatBytes(statistics.cacheBytes)}, ${most} entries per KV head (${cache.policy}, ${limit})`,
    `ended   ${statistics.finish_reason === 'length' ? 'at --max-new-tokens' : 'by itself or at a stop text'}`,
    '',
  ].join('\n');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
