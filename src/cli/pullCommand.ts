// `treekv pull`: gets a model from a hub into the cache that Python programs use too. The path goes to stdout,
// for scripts; what happened goes to stderr. Ctrl-C leaves what has arrived, and the next pull goes on from it.
import { Command } from 'commander';
import type { PulledModel } from '../hub/index.ts';
import type { CommandContext } from './commandContext.ts';
import { downloadDisplay } from './downloadDisplay.ts';
import {
  addHubOptions,
  addOutputOptions,
  type HubFlags,
  hubOptions,
  type OutputFlags,
} from './sharedOptions.ts';
import { answer, answerJson, note } from './terminal.ts';
import { formatBytes } from './textTable.ts';

interface Flags extends HubFlags, OutputFlags {}

/** The command `pull`. */
export function pullCommand(context: CommandContext): Command {
  const command = new Command('pull')
    .summary('download a model from a Hugging Face hub')
    .description(
      'Downloads what treekv needs of a model into the Hugging Face cache, where Python programs find it too, ' +
        'and prints the path. Files that are there already are not downloaded again; a download that was cut ' +
        'goes on where it ended. HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE mean what they ' +
        'mean in Python.',
    )
    .argument(
      '<model>',
      'org/name, org/name@revision, org/name/file.gguf, or org/name:Q8_0 for a .gguf file',
    );
  addOutputOptions(addHubOptions(command)).addHelpText(
    'after',
    '\nExamples:\n  treekv pull org/name\n  treekv generate -m org/name "Once upon a time"',
  );
  return command.action((model: string, flags: Flags) => run(model, flags, context.signal));
}

async function run(id: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const { pull } = await import('../hub/index.ts');
  const json = flags.json === true;
  const display = downloadDisplay(json);
  let model: PulledModel;
  try {
    model = await pull(id, { ...hubOptions(flags), signal, progress_callback: display.show });
  } finally {
    display.stop();
  }
  if (json) {
    answerJson(model);
    return;
  }
  note(`${described(model)}\n`);
  answer(`${model.path}\n`);
}

function described({ repository, revision, commit, files, bytes, fetchedBytes }: PulledModel): string {
  const which = revision === commit ? `commit ${commit}` : `${revision}, commit ${commit}`;
  const fresh = fetchedBytes === 0 ? 'all there already' : `${formatBytes(fetchedBytes)} downloaded`;
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  return `${repository} (${which}): ${count}, ${formatBytes(bytes)}, ${fresh}`;
}
