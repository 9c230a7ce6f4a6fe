// `treekv eval retention`: which tokens each policy keeps while a text is read (the paper's Figures 1 and 3), and
// what is lost in attention by that. With `--replay` the same tables and pictures come from a trace, without a model.
import { Command } from 'commander';
import { readBytes, requireFree, TreekvError, writeWhole } from '../../core/index.ts';
import type { RetentionView } from '../../evaluation/index.ts';
import type { CommandContext } from '../commandContext.ts';
import { given } from '../given.ts';
import { isGiven } from '../isGiven.ts';
import { parseInteger, parseLength } from '../parseOption.ts';
import { note } from '../terminal.ts';
import { claimOutput } from './claimOutput.ts';
import {
  addEvaluationOptions,
  addPolicyOptions,
  type EvaluationFlags,
  type PolicyFlags,
  sharedSplit,
} from './evalOptions.ts';
import { readDocuments } from './readDocuments.ts';
import { report } from './report.ts';
import { runExperiment } from './runExperiment.ts';

interface Flags extends EvaluationFlags, PolicyFlags {
  readonly text?: readonly string[];
  readonly length?: number;
  readonly chunk: number;
  readonly layer?: number;
  readonly tree?: true;
  readonly head?: number;
  /** False with `--no-loss`. */
  readonly loss: boolean;
  readonly trace?: string;
  readonly replay?: string;
}

/** The policies of the paper's Figure 1, and that of its Figure 3. */
const mapPolicies = ['h2o', 'tova', 'treekv'];
const treePolicies = ['treekv'];
/** The paper's sizes: Figure 1, and with `--tree` Figure 3. */
const mapSize = { length: 512, budget: 128 };
const treeSize = { length: 17, budget: 4 };
/** What `--replay` leaves to say. */
const replayOptions = ['replay', 'layer', 'tree', 'head', 'output', 'resume', 'force', 'json', 'verbose'];

/** The command `eval retention`. */
export function retentionCommand(context: CommandContext): Command {
  const command = new Command('retention')
    .summary('which tokens each cache keeps, and the attention lost by that')
    .description(
      'Reads texts under several caches and shows which tokens each keeps: how far back, how evenly, and, with ' +
        "--output, as pictures of the first text at its end and while it is read (the paper's Figure 1). A shadow " +
        'with full attention measures the share of attention that falls on evicted entries. With --tree: the tree ' +
        'of merges of one head in a small cache (Figure 3). Nothing is protected unless --sinks or --recent say so.',
    )
    .option('--text <path...>', 'UTF-8 text files to read, or folders: all .txt files in them')
    .option(
      '--length <n>',
      `tokens to read of each text, BOS included (default: ${mapSize.length}; with --tree ${treeSize.length})`,
      parseLength,
    )
    .option('--chunk <n>', 'tokens read at once when the caches are full', parseInteger, 1)
    .option(
      '--layer <n>',
      'count and draw this layer only, from 0 (default: all; of the tree: 0)',
      parseInteger,
    )
    .option('--tree', 'also draw and list the steps of one head')
    .option('--head <n>', 'with --tree: the KV head, from 0 (default: 0)', parseInteger)
    .option('--no-loss', 'do not measure attention loss, which reads with full attention beside the caches')
    .option('--trace <file>', 'write what was evicted, step by step, of the first text')
    .option('--replay <file>', 'draw from what --trace wrote; no model, no text');
  addPolicyOptions(command, mapPolicies, {
    policies: `${mapPolicies}; with --tree ${treePolicies}`,
    budget: `${mapSize.budget}; with --tree ${treeSize.budget}`,
    sinks: '0',
    recent: '0',
  });
  addEvaluationOptions(command).addHelpText(
    'after',
    '\nExamples:\n' +
      '  treekv eval retention --text book.txt --output results/figure1 --trace results/figure1.trace\n' +
      '  treekv eval retention --text book.txt --tree --output results/figure3\n' +
      '  treekv eval retention --replay results/figure1.trace --layer 3 --output results/layer3',
  );
  return command.action((flags: Flags) =>
    flags.replay === undefined
      ? read(flags, isGiven(command, 'policies'), context.signal)
      : replay(flags, flags.replay, command),
  );
}

async function read(flags: Flags, policiesGiven: boolean, signal: AbortSignal): Promise<void> {
  const { text, tree, chunk, loss, trace } = flags;
  if (text === undefined) {
    throw new TreekvError('BAD_OPTION', 'There is no text: name files (--text) or a trace (--replay).', {});
  }
  if (trace !== undefined) await requireOwnTrace(trace, flags);
  const { evaluateRetention, planPolicies, traceFileOf } = await import('../../evaluation/index.ts');
  const size = tree ? treeSize : mapSize;
  const { length: tokens = size.length } = flags;
  const specs = tree && !policiesGiven ? treePolicies : flags.policies;
  const split = await sharedSplit({ ...flags, policies: specs });
  const policies = await planPolicies(specs, { budget: size.budget, sinks: 0, recent: 0, ...split });
  const view = { layer: null, tree: null, ...viewOf(flags) };
  const documents = await readDocuments(text);
  await runExperiment(
    {
      progress: ['reading', 'tokens'],
      measure: (model, options) =>
        evaluateRetention(model, { documents, policies, tokens, chunk, loss, view }, options),
      async write(result) {
        if (trace === undefined) return;
        await writeWhole(trace, traceFileOf(result));
        note(`wrote ${trace}\n`);
      },
    },
    flags,
    signal,
  );
}

async function replay(flags: Flags, file: string, command: Command): Promise<void> {
  const other = command.options.find((option) => {
    const name = option.attributeName();
    return isGiven(command, name) && !replayOptions.includes(name);
  });
  if (other !== undefined) {
    const message = `${other.long} does not apply to --replay: the trace holds what was read, and under which caches.`;
    throw new TreekvError('BAD_OPTION', message, { option: other.long });
  }
  const { replayRetention } = await import('../../evaluation/index.ts');
  const { output, resume, force } = flags;
  const claim = await claimOutput(flags);
  const absent = `The trace ${file} does not exist. Check its name; --trace writes one.`;
  const result = await replayRetention(await readBytes(file, absent), file, {
    view: viewOf(flags),
    ...given({ output, resume, force }),
  });
  await report(result, flags, claim);
}

/** What the flags say of the view. Throws BAD_OPTION for a head without a tree. */
function viewOf({ layer, tree, head }: Flags): Partial<RetentionView> {
  if (head !== undefined && tree !== true) {
    throw new TreekvError('BAD_OPTION', '--head says whose tree is drawn: add --tree.', { head });
  }
  return {
    ...(layer !== undefined && { layer }),
    ...(tree && { tree: { layer: layer ?? 0, head: head ?? 0 } }),
  };
}

/** Only the trace of the run that is resumed is overwritten; said before the run, not after it. Throws BAD_OPTION. */
async function requireOwnTrace(trace: string, { resume, force }: Flags): Promise<void> {
  if (force) return;
  const { safetensorsMetadata } = await import('../../model/index.ts');
  if (resume && (await safetensorsMetadata(trace))?.format === 'treekv-trace') return;
  await requireFree(
    [trace],
    'Name another file (--trace), go on with the run that wrote it (--resume), or replace it (--force).',
  );
}
