// LongBench's data as its authors publish it, in one folder: a jsonl file a task, and the two files that say what a
// prompt looks like and how long an answer may be. Nothing of it is downloaded, and nothing of it is part of treekv.
// A template, or a length of answers, that is not LongBench's own would give scores that compare with nobody's, so it
// is refused unless it is asked for.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { integerOption, readTextFile, TreekvError } from '../../core/index.ts';
import { textHash } from '../document.ts';
import { readSampleFile, type Sample } from './sampleFile.ts';
import { findTasks, type Task, tasks } from './tasks.ts';

/** Which part of the benchmark is read. */
export interface LongBenchDataOptions {
  /** Names of tasks. @default all that the benchmark has */
  readonly tasks?: readonly string[];
  /** LongBench-E instead: files `<task>_e.jsonl`, scores by length. @default false */
  readonly extended?: boolean;
  /** First samples of each task. @default all */
  readonly limit?: number;
  /** Takes templates and lengths of answers that are not LongBench's. @default false */
  readonly anyTemplates?: boolean;
}

/** A task with its data. */
export interface TaskData {
  /** What the benchmark says of the task. */
  readonly task: Task;
  /** Name of the file. */
  readonly file: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** Whether the file's name says that it is a part of the data: `<task>.20.jsonl`. */
  readonly part: boolean;
  /** Samples in the file; `samples` may be fewer. */
  readonly samplesInFile: number;
  /** The samples to run, the first ones of the file. */
  readonly samples: readonly Sample[];
  /** The classes by which every sample is judged: those of the file's last line, as in LongBench. */
  readonly classes: readonly string[];
  /** The task's prompt, with places for context and question. */
  readonly template: string;
  /** Of the template. */
  readonly templateSha256: string;
  /** Whether the template is LongBench's. */
  readonly ownTemplate: boolean;
  /** Tokens of an answer at most. */
  readonly maxNewTokens: number;
}

/** What a run reads. */
export interface LongBenchData {
  /** Whether it is LongBench-E. */
  readonly extended: boolean;
  /** The tasks, in the order in which they were named. */
  readonly tasks: readonly TaskData[];
}

const source = 'data.zip of LongBench (THUDM/LongBench on the Hugging Face hub)';
const configSource = 'the folder LongBench/config of github.com/THUDM/LongBench';

/** Reads the data. Throws FILE_NOT_FOUND with what is missing and where it is had, BAD_FILE or BAD_OPTION. */
export async function readLongBench(
  folder: string,
  options: LongBenchDataOptions = {},
): Promise<LongBenchData> {
  const { extended = false, limit, anyTemplates = false } = options;
  if (limit !== undefined) integerOption('LongBench', 'limit', limit, 1);
  const wanted = wantedTasks(options.tasks, extended);
  const names = await readdir(folder).catch((cause: unknown) => {
    const message = `There is no folder ${folder}: unpack ${source} and name its folder with --data.`;
    throw new TreekvError('FILE_NOT_FOUND', message, { folder }, { cause });
  });
  const files = wanted.map((task) => ({ task, file: findFile(names, task, extended) }));
  const missing = files.filter(({ file }) => file === undefined).map(({ task }) => fileName(task, extended));
  if (missing.length > 0) {
    const message =
      `${folder} lacks ${missing.join(', ')}. Copy what is missing from ${source}, or name the tasks at hand ` +
      'with --tasks.';
    throw new TreekvError('FILE_NOT_FOUND', message, { folder, missing });
  }
  const templates = await readConfig(folder, 'dataset2prompt.json');
  const lengths = await readConfig(folder, 'dataset2maxlen.json');
  const read: TaskData[] = [];
  for (const { task, file = '' } of files) {
    const { samples, sha256 } = await readSampleFile(join(folder, file));
    const classes = samples[samples.length - 1].classes ?? [];
    if (task.metric === 'classification' && classes.length === 0) {
      const message = `${join(folder, file)} names no classes (all_classes) in its last line; download it again.`;
      throw new TreekvError('BAD_FILE', message, { file });
    }
    read.push({
      ...{ task, file, sha256, classes },
      part: file !== fileName(task, extended),
      samplesInFile: samples.length,
      samples: samples.slice(0, limit),
      maxNewTokens: lengthOf(task, lengths, anyTemplates),
      ...templateOf(task, templates, anyTemplates),
    });
  }
  return { extended, tasks: read };
}

function wantedTasks(names: readonly string[] | undefined, extended: boolean): readonly Task[] {
  if (names === undefined) return tasks.filter((task) => task.extended || !extended);
  const wanted = findTasks(names);
  const absent = wanted.find((task) => extended && !task.extended);
  if (absent === undefined) return wanted;
  const message = `LongBench-E has no task ${absent.name}; leave it out, or leave out --extended.`;
  throw new TreekvError('BAD_OPTION', message, { task: absent.name });
}

function fileName({ name }: Task, extended: boolean): string {
  return `${name}${extended ? '_e' : ''}.jsonl`;
}

/** The task's file; the whole one where there is one, else the part `<task>.<n>.jsonl`. */
function findFile(names: readonly string[], task: Task, extended: boolean): string | undefined {
  const whole = fileName(task, extended);
  if (names.includes(whole)) return whole;
  const stem = whole.slice(0, -'jsonl'.length);
  const parts = names.filter((name) => name.startsWith(stem) && /^\d+\.jsonl$/.test(name.slice(stem.length)));
  if (parts.length < 2) return parts[0];
  const message = `Which file is ${task.name}: ${parts.sort().join(' or ')}? Keep one of them in the folder.`;
  throw new TreekvError('BAD_OPTION', message, { task: task.name, parts });
}

/** A config file of LongBench's: from the folder itself, or its subfolder config. */
async function readConfig(folder: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  for (const file of [join(folder, name), join(folder, 'config', name)]) {
    const text = await readTextFile(file).catch((error: unknown) => {
      if (error instanceof TreekvError && error.code === 'FILE_NOT_FOUND') return undefined;
      throw error;
    });
    if (text === undefined) continue;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
    } catch {
      // said below
    }
    throw new TreekvError('BAD_FILE', `${file} is not a JSON object; download it again.`, { file });
  }
  const message = `${folder} lacks ${name} (or config/${name}). Copy it from ${configSource}.`;
  throw new TreekvError('FILE_NOT_FOUND', message, { folder, missing: [name] });
}

function templateOf(
  task: Task,
  templates: Readonly<Record<string, unknown>>,
  anyTemplates: boolean,
): Pick<TaskData, 'template' | 'templateSha256' | 'ownTemplate'> {
  const template = templates[task.name];
  if (typeof template !== 'string') {
    const message = `dataset2prompt.json has no template of ${task.name}. Copy the file from ${configSource}.`;
    throw new TreekvError('BAD_FILE', message, { task: task.name });
  }
  const templateSha256 = textHash(template);
  const ownTemplate = templateSha256.startsWith(task.template);
  if (ownTemplate || anyTemplates) return { template, templateSha256, ownTemplate };
  const message =
    `The template of ${task.name} in dataset2prompt.json is not LongBench's: its SHA-256 begins with ` +
    `${templateSha256.slice(0, 12)}, not ${task.template}. Copy the file from ${configSource}, or take it as it is ` +
    'with --any-templates.';
  throw new TreekvError('BAD_FILE', message, {
    task: task.name,
    sha256: templateSha256,
    expected: task.template,
  });
}

function lengthOf(
  { name, maxNewTokens: expected }: Task,
  lengths: Readonly<Record<string, unknown>>,
  anyTemplates: boolean,
): number {
  const length = lengths[name];
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 1) {
    const message = `dataset2maxlen.json has no length of answers of ${name}. Copy the file from ${configSource}.`;
    throw new TreekvError('BAD_FILE', message, { task: name, length });
  }
  if (length === expected || anyTemplates) return length;
  const message =
    `dataset2maxlen.json gives answers of ${name} ${length} tokens, LongBench's own file ${expected}. Copy the file ` +
    `from ${configSource}, or take it as it is with --any-templates.`;
  throw new TreekvError('BAD_FILE', message, { task: name, length, expected });
}
