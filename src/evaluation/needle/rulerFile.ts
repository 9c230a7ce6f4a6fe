// A file of RULER's, one sample a line (NVIDIA/RULER, "What's the Real Context Size of Your Long-Context Language
// Models?", Hsieh et al. 2024): `input` ends with the question, `outputs` are the references, `answer_prefix`, where
// newer files have it, begins the answer. The task comes from the file's name and decides how much is written and
// how it is scored. What is searched and the question are told apart at the last line break, which holds for all
// thirteen tasks.
import { basename } from 'node:path';
import { integerOption, nearest, readTextFile, TreekvError } from '../../core/index.ts';
import { textHash } from '../document.ts';

/** One sample. */
export interface RulerSample {
  readonly index: number;
  /** Ends with the last line break of the input. */
  readonly context: string;
  readonly question: string;
  /** Begins the answer; '' where the question does so itself. */
  readonly lead: string;
  readonly references: readonly string[];
}

/** A task's rules: RULER's constants.py of its synthetic tasks. */
export interface RulerRules {
  readonly maxNewTokens: number;
  /** `all`: share of the references that the answer holds; `part`: whether it holds any. */
  readonly metric: 'all' | 'part';
}

/** A file. */
export interface RulerFile {
  /** Name of the file. */
  readonly name: string;
  /** Name of the task. */
  readonly task: string;
  /** The task's rules. */
  readonly rules: RulerRules;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** Its samples, in the order of the file. */
  readonly samples: readonly RulerSample[];
}

const niah: RulerRules = { maxNewTokens: 128, metric: 'all' };
const qa: RulerRules = { maxNewTokens: 32, metric: 'part' };
const needles = [
  ...['niah_single_1', 'niah_single_2', 'niah_single_3', 'niah_multikey_1', 'niah_multikey_2'],
  ...['niah_multikey_3', 'niah_multivalue', 'niah_multiquery'],
];

/** The thirteen tasks. */
export const rulerTasks: ReadonlyMap<string, RulerRules> = new Map<string, RulerRules>([
  ...needles.map((name) => [name, niah] as const),
  ['vt', { maxNewTokens: 30, metric: 'all' }],
  ['cwe', { maxNewTokens: 120, metric: 'all' }],
  ['fwe', { maxNewTokens: 50, metric: 'all' }],
  ['qa_1', qa],
  ['qa_2', qa],
]);

/**
 * Reads a file.
 * @param task of its samples. @default what its name begins with, up to the first full stop
 * @param limit samples taken from its beginning. @default all
 * Throws FILE_NOT_FOUND, BAD_FILE or BAD_OPTION.
 */
export async function readRulerFile(
  file: string,
  { task, limit }: { readonly task?: string; readonly limit?: number } = {},
): Promise<RulerFile> {
  if (limit !== undefined) integerOption('RULER', 'samples', limit, 1);
  const name = basename(file);
  const known = task ?? name.slice(0, name.indexOf('.') < 0 ? name.length : name.indexOf('.'));
  const rules = rulerTasks.get(known);
  if (rules === undefined) throw unknownTask(file, known, task !== undefined);
  const absent =
    `${file} does not exist. RULER's files are made by its own scripts (NVIDIA/RULER on GitHub, ` +
    'scripts/data/prepare.py), for a tokenizer and a length; name the jsonl file that they write.';
  const text = await readTextFile(file, absent);
  const lines = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]));
  const samples = lines
    .slice(0, limit)
    .map(({ line, number }) => parseSample(line, `${file}, line ${number}`));
  if (samples.length === 0) throw new TreekvError('BAD_FILE', `${file} has no samples.`, { file });
  const twice = samples.find(({ index }, i) => samples.findIndex((other) => other.index === index) !== i);
  if (twice !== undefined) {
    throw new TreekvError('BAD_FILE', `${file} has two samples of index ${twice.index}.`, { file });
  }
  return { name, task: known, rules, sha256: textHash(text), samples };
}

function parseSample(line: string, where: string): RulerSample {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(line) ?? {};
  } catch (cause) {
    throw new TreekvError('BAD_FILE', `${where} is not JSON.`, { where }, { cause });
  }
  const { index, input, outputs, answer_prefix: lead = '' } = value;
  const references = Array.isArray(outputs) ? (outputs as unknown[]) : [];
  if (
    !Number.isSafeInteger(index) ||
    typeof input !== 'string' ||
    typeof lead !== 'string' ||
    references.length === 0 ||
    !references.every((reference) => typeof reference === 'string')
  ) {
    const message =
      `${where} is no sample of RULER's: it needs index (an integer), input (a text), outputs (a list of texts), ` +
      'and may have answer_prefix (a text).';
    throw new TreekvError('BAD_FILE', message, { where });
  }
  const cut = input.lastIndexOf('\n') + 1;
  const [context, question] = [input.slice(0, cut), input.slice(cut)];
  if (cut === 0 || question === '') {
    const message = `${where}: the question cannot be told from the text; it must stand on the last line.`;
    throw new TreekvError('BAD_FILE', message, { where });
  }
  return { index: index as number, context, question, lead, references: references as string[] };
}

function unknownTask(file: string, task: string, given: boolean): TreekvError {
  const names = [...rulerTasks.keys()];
  const guess = nearest(task, names);
  const hint = guess === undefined ? '' : ` Did you mean '${guess}'?`;
  const why = given ? `'${task}' is no task of RULER's.` : `${file} does not begin with a task of RULER's.`;
  const message = `${why}${hint} Tasks: ${names.join(', ')}.`;
  return new TreekvError('BAD_OPTION', message, { file, task, nearest: guess });
}
