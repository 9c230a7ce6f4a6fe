// A folder as LongBench's, with texts and templates of our own, for tests. Only tests import it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Task, tasks } from './tasks.ts';

/** A line of a file. */
export interface MadeSample {
  readonly input: string;
  readonly context: string;
  readonly answers: readonly string[];
  readonly length: number;
  readonly all_classes: readonly string[] | null;
  readonly _id: string;
}

export interface MadeFolder {
  /** Samples a task. @default 2 */
  readonly samples?: number;
  /** Names files `<task>_e.jsonl`. @default false */
  readonly extended?: boolean;
  /** Where the two config files go, below the folder. @default '' */
  readonly config?: string;
}

const sentences = [
  'The harbour froze in the second week of March.',
  'Nobody had counted the boats, so nobody missed one.',
  'A letter came for the keeper, and he left it unopened.',
  'By evening the ice had carried the red buoy past the point.',
];

/** Templates, by task; those of continued texts end in the input. */
export const madeTemplates: Readonly<Record<string, string>> = Object.fromEntries(
  tasks.map(({ name, chat }) => [
    name,
    chat ? `Read: {context} Asked of ${name}: {input} Answer:` : `${name}: {context} {input}`,
  ]),
);

/** Most tokens of an answer, by task. */
export const madeLengths: Readonly<Record<string, number>> = Object.fromEntries(
  tasks.map(({ name }, t) => [name, 4 + (t % 5)]),
);

/** The samples of a task. */
export function madeSamples({ name, metric }: Task, count = 2): MadeSample[] {
  return Array.from({ length: count }, (_, i) => ({
    input: `which thing of day ${i} was it?`,
    context: Array.from({ length: 3 + i }, (_, s) => sentences[(s + i + name.length) % 4]).join(' '),
    answers: metric === 'retrieval' ? [`Paragraph ${i + 1}`] : ['the ice e', `day ${i}`],
    length: 3000 * (i + 1),
    all_classes: metric === 'classification' ? ['day 0', 'day 1', 'the ice e'] : null,
    _id: `${name}-${i}`,
  }));
}

/** Writes the folder, all tasks of the benchmark. */
export async function writeLongBenchFolder(folder: string, options: MadeFolder = {}): Promise<string> {
  const { samples = 2, extended = false, config = '' } = options;
  await mkdir(join(folder, config), { recursive: true });
  for (const task of tasks.filter((one) => one.extended || !extended)) {
    const lines = madeSamples(task, samples).map((sample) => JSON.stringify(sample));
    await writeFile(join(folder, `${task.name}${extended ? '_e' : ''}.jsonl`), `${lines.join('\n')}\n`);
  }
  await writeFile(join(folder, config, 'dataset2prompt.json'), JSON.stringify(madeTemplates));
  await writeFile(join(folder, config, 'dataset2maxlen.json'), JSON.stringify(madeLengths));
  return folder;
}
