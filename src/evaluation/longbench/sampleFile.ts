// One file of LongBench's: a JSON object a line, one sample each.
import { createHash } from 'node:crypto';
import { decodeUtf8, readBytes, TreekvError } from '../../core/index.ts';

/** A question about a text. */
export interface Sample {
  /** Line of the file, from 0. */
  readonly index: number;
  /** The data's own name of it; its line where it has none. */
  readonly id: string;
  readonly input: string;
  readonly context: string;
  readonly answers: readonly string[];
  /** All classes of a classification; null for other tasks. */
  readonly classes: readonly string[] | null;
  /** Words of the context, as the data counts them. */
  readonly length: number;
}

/** A file, read. */
export interface SampleFile {
  readonly samples: readonly Sample[];
  /** Of the whole file. */
  readonly sha256: string;
}

/** Reads a file; empty lines do not count. Throws BAD_FILE with the line, FILE_NOT_FOUND or EMPTY_INPUT. */
export async function readSampleFile(file: string): Promise<SampleFile> {
  const bytes = await readBytes(file, `${file} does not exist; was it moved?`);
  const lines = decodeUtf8(bytes, file).split('\n');
  const samples = lines.flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]));
  if (samples.length === 0) {
    throw new TreekvError('EMPTY_INPUT', `${file} has no sample in it; download it again.`, { file });
  }
  return {
    samples: samples.map(({ line, number }, index) => ({ index, ...parseSample(line, `${file}:${number}`) })),
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

function parseSample(line: string, where: string): Omit<Sample, 'index'> {
  const { input, context, answers, all_classes: classes, length, _id: id = where } = parseObject(line, where);
  if (typeof input !== 'string' || typeof context !== 'string') {
    throw bad(where, 'input and context are not both texts');
  }
  if (!isTexts(answers) || answers.length === 0) throw bad(where, 'answers is not a list of texts');
  if (typeof length !== 'number') throw bad(where, 'length is not a number');
  if (classes !== null && !isTexts(classes))
    throw bad(where, 'all_classes is neither null nor a list of texts');
  if (typeof id !== 'string') throw bad(where, '_id is not a text');
  return { id, input, context, answers, classes, length };
}

function parseObject(line: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // said below
  }
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw bad(where, 'the line is not a JSON object');
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function bad(where: string, words: string): TreekvError {
  const message = `${where} is no sample of LongBench: ${words}. Download the file again.`;
  return new TreekvError('BAD_FILE', message, { where });
}
