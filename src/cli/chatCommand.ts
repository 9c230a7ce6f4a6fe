// `treekv chat`: a conversation that never ends, at a terminal or through pipes, a line a message. The answers
// go to stdout, and nothing else does.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { readTextFile, TreekvError } from '../core/index.ts';
import type { ChatOptions, Model } from '../generation/index.ts';
import { addCacheOptions, type CacheFlags, cacheOptions } from './cacheOptions.ts';
import { isInteractive, openChatInput } from './chatInput.ts';
import { chatHelp } from './chatLine.ts';
import { ChatLoop } from './chatLoop.ts';
import type { CommandContext } from './commandContext.ts';
import { completionNotice, completionTemplate, requireCompletable } from './completionChat.ts';
import { loadModel } from './loadModel.ts';
import { addPrefillOptions, type PrefillFlags, prefillOptions } from './prefillOptions.ts';
import { addModelOptions, addVerboseOption, type ModelFlags } from './sharedOptions.ts';
import { note } from './terminal.ts';
import { formatCount } from './textTable.ts';
import { addWritingOptions, type WritingFlags, writingOptions } from './writingOptions.ts';

interface Flags extends ModelFlags, WritingFlags, CacheFlags, PrefillFlags {
  readonly system?: string;
  readonly systemFile?: string;
  readonly template?: string;
  readonly history: boolean;
}

/** The command `chat`. */
export function chatCommand(context: CommandContext): Command {
  const command = new Command('chat')
    .summary('talk with an instruction-tuned model, without end')
    .description(
      'Talks with an instruction-tuned model. The cache has a fixed size, so the conversation never ends for ' +
        'lack of room, and its hundredth turn costs what its tenth did. Messages are lines, typed or piped in. ' +
        'Without a model, the one that comes along continues what is typed at a terminal; it does not chat.',
    )
    .argument('[model]', 'the same as --model')
    .optionsGroup('Conversation and model:')
    .option('--system <text>', 'what the model is told first')
    .option('--system-file <file>', 'a UTF-8 file with what the model is told first')
    .option('--template <file>', "a Jinja chat template instead of the model's own")
    .option('--no-history', 'neither recall nor remember what is typed');
  addPrefillOptions(addCacheOptions(addWritingOptions(addModelOptions(command)))).optionsGroup('Output:');
  addVerboseOption(command).addHelpText(
    'after',
    `\nIn the chat:\n${chatHelp()}` +
      '  Ctrl-C      ends an answer\n' +
      '\nExamples:\n' +
      '  treekv chat HuggingFaceTB/SmolLM2-135M-Instruct\n' +
      '  treekv chat ./SmolLM2-1.7B-Instruct --do-sample --temperature 0.7\n' +
      '  echo "What is a tide?" | treekv chat -m ./SmolLM2-1.7B-Instruct --system "Answer in one sentence."',
  );
  return command.action((model: string | undefined, flags: Flags) =>
    run({ ...flags, ...chosenModel(model, flags) }, context),
  );
}

async function run(flags: Flags, { signal, onInterrupt }: CommandContext): Promise<void> {
  const writing = writingOptions(flags);
  const { planChat, planGeneration } = await import('../generation/index.ts');
  const completes = flags.model === undefined && flags.template === undefined;
  const given = await chatOptions(flags);
  if (completes) requireCompletable(isInteractive(), given.system);
  const options = completes ? { ...given, template: completionTemplate } : given;
  // Checked before the model is loaded, which may take minutes.
  planGeneration(writing);
  await planChat(options);
  const prefill = prefillOptions(flags);
  const session = { ...cacheOptions(flags), ...(prefill !== undefined && { prefill }) };
  const model = await loadModel(flags, { ...session, signal }, false);
  try {
    const chat = await model.chat(options);
    const input = await openChatInput(signal, flags.history);
    const { interactive } = input;
    const loop = new ChatLoop(model, chat, { writing, interactive, signal });
    const release = onInterrupt(() => loop.interrupt());
    try {
      if (interactive) note(greeting(model));
      if (completes) note(completionNotice);
      await loop.run(input.lines);
    } finally {
      release();
      await input.close();
    }
  } finally {
    await model.dispose();
  }
}

async function chatOptions({ system, systemFile, template }: Flags): Promise<ChatOptions> {
  if (system !== undefined && systemFile !== undefined) {
    throw new TreekvError(
      'BAD_OPTION',
      'There are two system messages; give --system or --system-file, not both.',
    );
  }
  const told = systemFile === undefined ? system : await readTextFile(systemFile);
  return {
    ...(told !== undefined && { system: told }),
    ...(template !== undefined && { template: pathToFileURL(resolve(template)) }),
  };
}

function chosenModel(argument: string | undefined, { model }: ModelFlags): { readonly model?: string } {
  if (argument === undefined) return {};
  if (model === undefined) return { model: argument };
  throw new TreekvError('BAD_OPTION', 'There are two models; give the argument or --model, not both.');
}

function greeting({ path, dtype, cache }: Model): string {
  const keeps = cache.budget === null ? 'all entries' : `${formatCount(cache.budget)} entries a head`;
  return `${path} (${dtype}; ${cache.policy} keeps ${keeps}). /help for help, /exit to leave.\n`;
}
