// `treekv demo`: needs no network, no model and no arguments. A text of 16,000 tokens is read under full
// attention, which breaks where the model's training ends, and under caches of fixed size, which hold; then
// TreeKV continues it.
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot, readTextFile } from '../core/index.ts';
import type { GenerationResult, Model } from '../generation/index.ts';
import type { CommandContext } from './commandContext.ts';
import { type DemoSetting, demoSummary } from './demoSummary.ts';
import { loadModel } from './loadModel.ts';
import { parseInteger, parseLength } from './parseOption.ts';
import { readingTable } from './readingTable.ts';
import { readPolicies } from './readPolicies.ts';
import { addModelOptions, addOutputOptions, type ModelFlags, type OutputFlags } from './sharedOptions.ts';
import { answer, answerJson, note } from './terminal.ts';
import { formatCount } from './textTable.ts';

interface Flags extends ModelFlags, OutputFlags {
  readonly text?: string;
  readonly budget: number;
  readonly chunk: number;
}

const policies = ['full', 'treekv', 'streaming-llm', 'h2o', 'tova'];
// The text is read again to be continued, not measured: long chunks are fastest.
const READ_CHUNK = 256;
const writing = { max_new_tokens: 120, do_sample: true, temperature: 0.8, seed: 1 } as const;

/** The command `demo`. */
export function demoCommand(context: CommandContext): Command {
  const command = new Command('demo')
    .summary('see a model read far beyond its trained context')
    .description(
      'Reads 16,000 tokens with a model trained to 4,096: full attention breaks, caches of fixed size hold. ' +
        'Then TreeKV continues the text. Takes one to two minutes on two cores, needs no network.',
    )
    .option('--text <file>', 'UTF-8 text to read (default: the sample that comes with treekv)')
    .option('--budget <n>', 'entries that bounded caches keep per KV head and layer', parseLength, 1024)
    .option('--chunk <n>', 'tokens read at once when a cache is full', parseInteger, 16);
  addOutputOptions(addModelOptions(command)).addHelpText('after', '\nExample:\n  treekv demo');
  return command.action((flags: Flags) => run(flags, context.signal));
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const [{ planPolicies }, { chunkOption }] = await Promise.all([
    import('../evaluation/index.ts'),
    import('../generation/index.ts'),
  ]);
  const { budget } = flags;
  const chunk = chunkOption('Demo', 'chunk', flags.chunk);
  const json = flags.json === true;
  const say = (text: string): void => (json ? undefined : note(text));
  const plans = await planPolicies(policies, { budget });
  const text = await readTextFile(flags.text ?? join(packageRoot(), 'assets', 'sample.txt'));
  const options = { cache: { budget }, prefill_chunk_size: READ_CHUNK, signal };
  const model = await loadModel(flags, options, json);
  try {
    const setting: DemoSetting = {
      model: flags.model ?? 'books-27m-4k',
      dtype: model.dtype,
      trainedContext: model.config.maxPositions,
      chunk,
    };
    say(`${title(setting, plans.length - 1)}\n\n`);
    const read = await readPolicies(model, text, plans, { chunk, json, signal });
    if (!json) answer(`${readingTable(read.readings)}\n\n`);
    say(
      `TreeKV reads all ${formatCount(read.tokens)} tokens again, in chunks of ${READ_CHUNK}, to continue them ...\n\n`,
    );
    const continuation = await goOn(model, text, json, signal);
    const seconds = (performance.now() - started) / 1000;
    if (json) answerJson({ kind: 'demo', ...setting, ...read, continuation, seconds });
    else answer(`\n\n${demoSummary(setting, read)}\n`);
    say(`\n${seconds.toFixed(0)} s in all. Next: treekv generate --help\n`);
  } finally {
    await model.dispose();
  }
}

function title({ model, dtype, trainedContext }: DemoSetting, bounded: number): string {
  return (
    `${model} (${dtype}, trained to ${formatCount(trainedContext)} tokens) reads a text under full attention and ` +
    `in ${bounded} caches of fixed size.`
  );
}

/** Writes the text's end and what TreeKV adds to it. */
async function goOn(
  model: Model,
  text: string,
  json: boolean,
  signal: AbortSignal,
): Promise<GenerationResult> {
  const session = await model.session();
  await session.append(text, { signal });
  const end = text.slice(-160).replace(/^\S*\s+/, '');
  if (!json) answer(`The end of the text, and behind >>> what TreeKV writes:\n\n... ${end} >>>`);
  const stream = session.generate({ ...writing, signal });
  for await (const piece of stream) if (!json) answer(piece);
  return stream.result;
}
