// `treekv eval perplexity`: how well a model predicts texts under several caches, side by side. Every table
// comes with its protocol, since numbers of different protocols do not compare.
import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { TreekvError } from '../core/index.ts';
import type { Document } from '../evaluation/index.ts';
import type { CommandContext } from './commandContext.ts';
import { loadModel } from './loadModel.ts';
import { parseInteger, parseLength, parseLengths, parseList } from './parseOption.ts';
import { progressBar } from './progressBar.ts';
import { readTextFile } from './readText.ts';
import { addModelOptions, addOutputOptions, type ModelFlags, type OutputFlags } from './sharedOptions.ts';
import { answer, answerJson } from './terminal.ts';

interface Flags extends ModelFlags, OutputFlags {
  readonly text: readonly string[];
  readonly policies: readonly string[];
  readonly context: readonly number[];
  readonly budget?: number;
  readonly sinks?: number;
  readonly recent?: number;
  readonly chunk: number;
  readonly output?: string;
}

const defaultPolicies = ['full', 'treekv', 'streaming-llm', 'h2o', 'tova'];

/** The command `eval` and its one evaluation, `perplexity`. */
export function evalCommand(context: CommandContext): Command {
  const perplexity = new Command('perplexity')
    .summary('perplexity of texts under several caches')
    .description(
      'Reads texts under several caches and prints, per document and overall, how well the model predicts ' +
        'them: perplexity, lower is better. All caches get the same budget, sinks and recent entries.',
    )
    .requiredOption('--text <file...>', 'UTF-8 text files to read')
    .addOption(
      new Option(
        '--policies <list>',
        'caches to compare: full, treekv, streaming-llm, h2o, tova, random, or a module; with options behind ' +
          'colons, as in h2o:official or treekv:printed:keep-left',
      )
        .argParser(parseList)
        .default(defaultPolicies, defaultPolicies.join(',')),
    )
    .addOption(
      new Option('--context <lengths>', 'tokens scored of each text; several in one run, such as 4096,8k')
        .argParser(parseLengths)
        .default([4096], '4096'),
    )
    .option('--budget <n>', 'entries kept per KV head and layer (default: 1024)', parseLength)
    .option('--sinks <n>', 'first entries that always stay (default: 4)', parseInteger)
    .option('--recent <n>', 'last entries that always stay (default: budget / 2 - sinks)', parseInteger)
    .option('--protocol <name>', 'how texts are read', parseProtocol, 'stream')
    .option('--chunk <n>', 'tokens read at once when the cache is full', parseInteger, 1)
    .option('--output <file>', 'also write the whole report, as JSON, to this file');
  addOutputOptions(addModelOptions(perplexity)).addHelpText(
    'after',
    '\nExample:\n' +
      '  treekv eval perplexity --text a.txt b.txt --policies full,treekv,h2o --context 4096,8192 --dtype fp32\n' +
      '\nTables that compare policies should be fp32, which needs the original model: -m FOLDER --dtype fp32.',
  );
  perplexity.action((flags: Flags) => run(flags, context.signal));
  return new Command('eval')
    .summary('measure a model under several caches')
    .description('Measures a model under several caches.')
    .helpCommand(false)
    .addHelpText('after', '\nExample:\n  treekv eval perplexity --text book.txt')
    .addCommand(perplexity);
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { evaluatePerplexity, planPolicies } = await import('../evaluation/index.ts');
  const { budget, sinks, recent, context: contexts, chunk } = flags;
  const json = flags.json === true;
  const policies = await planPolicies(flags.policies, {
    ...(budget !== undefined && { budget }),
    ...(sinks !== undefined && { sinks }),
    ...(recent !== undefined && { recent }),
  });
  const documents = await readDocuments(flags.text);
  if (flags.output !== undefined) await requireWritable(flags.output);
  const model = await loadModel(flags, { signal }, json);
  const bar = progressBar('reading', 'tokens', json);
  try {
    const report = await evaluatePerplexity(model, {
      documents,
      policies,
      contexts,
      chunk,
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    });
    bar.stop();
    if (json) answerJson(report);
    else {
      const { perplexityText } = await import('./perplexityText.ts');
      answer(perplexityText(report, model.dtype));
    }
    if (flags.output !== undefined) await write(flags.output, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    bar.stop();
    await model.dispose();
  }
}

/** Texts under their file names, or, where two are the same, under their paths as given. */
async function readDocuments(files: readonly string[]): Promise<Document[]> {
  const names = files.map((file) => basename(file));
  return Promise.all(
    files.map(async (file, i) => {
      const text = await readTextFile(file);
      if (text === '') {
        throw new TreekvError('EMPTY_INPUT', `${file} is empty: there is no token to score.`, { file });
      }
      const unique = names.indexOf(names[i]) === names.lastIndexOf(names[i]);
      return { name: unique ? names[i] : file, text };
    }),
  );
}

function parseProtocol(word: string): 'stream' {
  if (word === 'stream') return word;
  throw new InvalidArgumentError(
    `The only protocol is 'stream': each text alone, token by token, from its start.`,
  );
}

/** Fails before hours of work, not after. */
async function requireWritable(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    const message = `The report cannot be written to ${file}: its folder does not exist or is read-only.`;
    throw new TreekvError('WRITE_FAILED', message, { file, folder }, { cause });
  });
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((cause: NodeJS.ErrnoException) => {
    const message = `The report could not be written to ${file} (${cause.code}); it is on stdout with --json.`;
    throw new TreekvError('WRITE_FAILED', message, { file }, { cause });
  });
}
