// `treekv generate`: continues a prompt. The text goes to stdout as it is written, and nothing else does.
import { Command } from 'commander';
import { readTextFile, TreekvError } from '../core/index.ts';
import type { GenerationStatistics } from '../generation/index.ts';
import { addCacheOptions, type CacheFlags, cacheOptions } from './cacheOptions.ts';
import type { CommandContext } from './commandContext.ts';
import { loadModel } from './loadModel.ts';
import { addPrefillOptions, type PrefillFlags, prefillOptions } from './prefillOptions.ts';
import { readStdin } from './readStdin.ts';
import { addModelOptions, addOutputOptions, type ModelFlags, type OutputFlags } from './sharedOptions.ts';
import { answer, answerJson, note } from './terminal.ts';
import { formatBytes, formatCount } from './textTable.ts';
import { addWritingOptions, type WritingFlags, writingOptions } from './writingOptions.ts';

interface Flags extends ModelFlags, WritingFlags, CacheFlags, PrefillFlags, OutputFlags {
  readonly prompt?: string;
  readonly promptFile?: string;
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
  );
  addPrefillOptions(addCacheOptions(addWritingOptions(command)))
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
  const options = writingOptions(flags);
  const { planGeneration } = await import('../generation/index.ts');
  // Checked before the prompt is awaited and the model loaded, which may take minutes.
  planGeneration(options);
  const prompt = await readPrompt(argument, flags, signal);
  const json = flags.json === true;
  const prefill = prefillOptions(flags);
  const session = { ...cacheOptions(flags), ...(prefill !== undefined && { prefill }) };
  const model = await loadModel(flags, { ...session, signal }, json);
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

function describe(statistics: GenerationStatistics): string {
  const { prompt_tokens: read, prefillMs, completion_tokens: written, tokensPerSecond, cache } = statistics;
  const rate = (1000 * read) / prefillMs;
  const limit = cache.budget === null ? 'all entries' : `at most ${formatCount(cache.budget)} entries`;
  const most = formatCount(Math.max(...statistics.entriesKept));
  return [
    `read    ${formatCount(read)} tokens in ${seconds(prefillMs)}${read > 1 ? ` (${rate.toFixed(0)} tokens/s)` : ''}`,
    `wrote   ${formatCount(written)} tokens in ${seconds(statistics.decodeMs)} (${tokensPerSecond.toFixed(0)} tokens/s)`,
    `cache   ${formatBytes(statistics.cacheBytes)} (${formatBytes(statistics.peakCacheBytes)} at most), ${most} entries per KV head (${cache.policy}, ${limit})`,
    `ended   ${statistics.finish_reason === 'length' ? 'at --max-new-tokens' : 'by itself or at a stop text'}`,
    '',
  ].join('\n');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
